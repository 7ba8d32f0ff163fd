import { join } from 'node:path'
import { type Logger } from '../../shared/telemetry/logger.js'
import { dockerIsThere, startDockerBroker } from './dockerKafka.js'
import { freePort } from './freePort.js'
import { LocalKafkaError, startBroker } from './kafka/index.js'
import { LocalStackError } from './localStackError.js'

export interface KafkaService {
  readonly brokers: string
  /** How it is run, for the ready line. */
  readonly what: string
  /** Whether the stack started it; another's topics are left alone. */
  readonly own: boolean
  readonly pid?: number | undefined
  stop(): Promise<void>
}

/**
 * Kafka, by the first way that works: the brokers of KAFKA_BROKERS, a broker on this machine's Java, one in Docker.
 * @throws LocalStackError that says what to install
 */
export async function provideKafka(given: string | undefined, port: number, stateFolder: string, log: Logger): Promise<KafkaService> {
  if (given !== undefined) return { brokers: given, what: 'from KAFKA_BROKERS', own: false, stop: () => Promise.resolve() }
  const free = await freePort(port)
  try {
    const broker = await startBroker({ stateFolder: join(stateFolder, 'kafka', 'state'), port: free, host: '127.0.0.1', log })
    return { brokers: broker.brokers, what: `pid ${broker.pid}`, own: true, pid: broker.pid, stop: () => broker.stop() }
  } catch (thrown) {
    const cannot = thrown instanceof LocalKafkaError && (thrown.code === 'JAVA_MISSING' || thrown.code === 'MAVEN_MISSING')
    if (!cannot) throw thrown
    if (await dockerIsThere()) {
      log.info('There is no Java 17 with Maven here; Kafka runs in Docker')
      return { ...(await startDockerBroker(free)), what: 'Docker', own: true }
    }
    const remedy = 'Install Java 17 or newer and Maven, or Docker, or set KAFKA_BROKERS to a broker that runs already'
    throw new LocalStackError('KAFKA_UNAVAILABLE', `Kafka cannot be started. ${remedy}.`, { cause: thrown })
  }
}
