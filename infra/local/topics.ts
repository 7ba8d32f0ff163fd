import { type Admin, Kafka, logLevel } from 'kafkajs'

import { asError } from '../../shared/errors.js'
import { LocalStackError } from './localStackError.js'

/** Partitions of each topic that the stack creates; a broker that the settings name has its own number. */
export const partitionsPerTopic = 4

/** Creates the topics that do not exist. Only for a broker of one's own: a shared one has its own ways. */
export async function createTopics(brokers: string, topics: readonly string[]): Promise<void> {
  await withAdmin(brokers, async admin => {
    const existing = new Set(await admin.listTopics())
    const missing = topics.filter(t => !existing.has(t))
    if (missing.length === 0) return
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(topic => ({ topic, numPartitions: partitionsPerTopic, replicationFactor: 1 })),
    })
  })
}

async function withAdmin(brokers: string, work: (admin: Admin) => Promise<void>): Promise<void> {
  const kafka = new Kafka({ clientId: 'local-stack', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  try {
    await admin.connect()
    await work(admin)
  } catch (thrown) {
    const cause = asError(thrown)
    throw new LocalStackError('TOPIC', `Topics could not be created on ${brokers}: ${cause.message}`, { cause })
  } finally {
    await admin.disconnect()
  }
}
