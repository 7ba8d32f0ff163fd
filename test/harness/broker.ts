import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { type ITopicConfig, Kafka, logLevel } from 'kafkajs'

import { type Broker, type BrokerOptions, startBroker } from '../../infra/local/kafka/index.js'

export interface TestBroker {
  readonly brokers: string
  readonly broker: Broker
  /** Its settings, log and data. */
  readonly stateFolder: string
  /** Makes a topic of that name with a suffix no other test has, and returns the whole name. */
  topic(name: string, config?: Omit<ITopicConfig, 'topic'>): Promise<string>
  /** A plain kafkajs client on this broker, for what the test itself wants to do to it. */
  readonly client: Kafka
  /** Ends the broker and starts it again on the same port and folder; `whileDown` may do something to its folder. */
  restart(how?: 'stop' | 'kill', whileDown?: (stateFolder: string) => Promise<void>): Promise<void>
  /** Ends the broker and removes its folder. */
  close(): Promise<void>
}

/** Makes a topic and waits for its leaders: a loaded broker says for a while that it never heard of it. */
export async function createTopic(client: Kafka, config: ITopicConfig): Promise<void> {
  const admin = client.admin()
  await admin.connect()
  try {
    await admin.createTopics({ waitForLeaders: false, topics: [config] })
    for (let left = 600; ; left--) {
      const topics = await admin.fetchTopicMetadata({ topics: [config.topic] }).then(
        found => found.topics,
        (error: unknown) => {
          if (left === 0) throw error
          return []
        },
      )
      const partitions = topics.flatMap(topic => topic.partitions)
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return
      if (left === 0) throw new Error(`${config.topic} has no leaders`)
      await sleep(100)
    }
  } finally {
    await admin.disconnect()
  }
}

/** A broker of its own for one test file, with a temporary state folder; the jars are shared in the checkout. */
export async function startTestBroker(options: Omit<BrokerOptions, 'stateFolder'> = {}): Promise<TestBroker> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'kafka-'))
  let broker = await startBroker({ ...options, stateFolder }).catch(async (error: unknown) => {
    await rm(stateFolder, { recursive: true, force: true })
    throw error
  })
  const { brokers, port } = broker
  const client = new Kafka({ brokers: [brokers], clientId: 'test', logLevel: logLevel.NOTHING })
  let topics = 0
  return {
    brokers,
    client,
    stateFolder,
    get broker() {
      return broker
    },
    async topic(name, config = {}) {
      const topic = `${name}-${++topics}`
      await createTopic(client, { topic, numPartitions: 1, ...config })
      return topic
    },
    async restart(how = 'stop', whileDown) {
      await broker[how]()
      await whileDown?.(stateFolder)
      broker = await startBroker({ ...options, stateFolder, port })
    },
    async close() {
      await broker.stop()
      await rm(stateFolder, { recursive: true, force: true })
    },
  }
}
