import { join } from 'node:path'

import type { Logger } from '../../shared/telemetry/index.js'
import { dockerIsThere, startDockerBroker } from './dockerKafka.js'
import { LocalKafkaError, startBroker } from './kafka/index.js'
import { LocalStackError } from './localStackError.js'
import { type PartPlan, type RunningProcess } from './supervisedPart.js'

/** A broker of the stack's own, by the first way that works: this machine's Java, or Docker. */
export class KafkaService implements PartPlan {
  readonly name = 'Kafka'
  readonly brokers: string
  readonly logFile: string
  readonly #port: number
  readonly #stateFolder: string
  readonly #log: Logger
  #inDocker = false

  /** @param port a free one; it is the same after every start */
  constructor(port: number, stateFolder: string, log: Logger) {
    this.#port = port
    this.#stateFolder = join(stateFolder, 'kafka', 'state')
    this.#log = log
    this.brokers = `127.0.0.1:${port}`
    this.logFile = join(this.#stateFolder, 'broker.log')
  }

  /** @throws LocalStackError that says what to install */
  async start(): Promise<RunningProcess> {
    if (this.#inDocker) return startDockerBroker(this.#port, this.#stateFolder)
    try {
      const broker = await startBroker({
        stateFolder: this.#stateFolder,
        port: this.#port,
        host: '127.0.0.1',
        log: this.#log,
      })
      return {
        pid: broker.pid,
        exited: broker.exited,
        stop: () => broker.stop(),
        kill: () => {
          void broker.kill()
        },
      }
    } catch (thrown) {
      const cannot =
        thrown instanceof LocalKafkaError && (thrown.code === 'JAVA_MISSING' || thrown.code === 'MAVEN_MISSING')
      if (!cannot) throw thrown
      if (await dockerIsThere()) {
        this.#log.info('There is no Java 17 with Maven here; Kafka runs in Docker')
        this.#inDocker = true
        return startDockerBroker(this.#port, this.#stateFolder)
      }
      const remedy = 'Install Java 17 or newer and Maven, or Docker, or set KAFKA_BROKERS to a broker that runs already'
      throw new LocalStackError(
        'KAFKA_UNAVAILABLE',
        `Kafka cannot be started: ${thrown.message.split('. ')[0] ?? ''}. ${remedy}.`,
        { cause: thrown },
      )
    }
  }
}
