import { Kafka, logLevel } from 'kafkajs'

import { asError } from '../../errors.js'
import { SourceError } from '../sourceError.js'
import { clientSettings, type KafkaConnection } from './clientSettings.js'

/** What a topic is made with; the broker's own defaults where it does not say. */
export interface TopicForm {
  readonly partitions?: number | undefined
  readonly replicas?: number | undefined
}

/**
 * Creates a topic and waits until its partitions have leaders.
 * @returns false when there was one of that name already
 * @throws SourceError SOURCE_UNREACHABLE or SOURCE_REFUSED
 */
export async function createTopic(
  connection: KafkaConnection,
  topic: string,
  { partitions = -1, replicas = -1 }: TopicForm = {},
): Promise<boolean> {
  const { brokers, clientId, ssl, sasl } = clientSettings(connection)
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    logLevel: logLevel.NOTHING,
    retry: { retries: 3 },
    ...(ssl === null ? {} : { ssl }),
    ...(sasl === null ? {} : { sasl }),
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
  } catch (thrown) {
    throw new SourceError(
      'SOURCE_UNREACHABLE',
      `Kafka at ${brokers.join(',')} cannot be reached: ${asError(thrown).message}`,
      { cause: thrown },
    )
  }
  try {
    return await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor: replicas }],
    })
  } catch (thrown) {
    throw new SourceError('SOURCE_REFUSED', `Topic ${topic} could not be created: ${reasonOf(thrown)}`, {
      cause: thrown,
    })
  } finally {
    await admin.disconnect()
  }
}

/** kafkajs gathers the reasons of several topics in one error, whose own message says none. */
function reasonOf(thrown: unknown): string {
  const { errors } = thrown as { errors?: readonly unknown[] }
  return asError(errors?.[0] ?? thrown).message
}
