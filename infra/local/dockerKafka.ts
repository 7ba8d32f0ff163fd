import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'

import { systemClock } from '../../shared/clock.js'
import { localRetentionBytes } from './kafka/index.js'
import { LocalStackError } from './localStackError.js'
import { guardAgainstOrphan } from './orphanGuard.js'
import { type RunningProcess } from './supervisedPart.js'

const run = promisify(execFile)
const image = 'apache/kafka:4.1.0'

/** Each checkout has topics of its own; a volume's name cannot be a path. */
const volumeOf = (stateFolder: string): string =>
  `kafka-delta-functions-${createHash('sha256').update(stateFolder).digest('hex').slice(0, 12)}`

/** Whether a Docker daemon answers this user; the client alone does not count. */
export async function dockerIsThere(): Promise<boolean> {
  return run('docker', ['version', '--format', '{{.Server.Version}}']).then(
    () => true,
    () => false,
  )
}

/**
 * A broker in a container, for a machine without Java.
 *
 * @param stateFolder by whose name its data is kept, in a volume
 */
export async function startDockerBroker(port: number, stateFolder: string): Promise<RunningProcess> {
  const settings: Record<string, string> = {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_LOG_RETENTION_MS: '-1',
    KAFKA_LOG_RETENTION_BYTES: localRetentionBytes,
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
  }
  const env = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const args = [
    'run',
    '-d',
    '--rm',
    '-p',
    `127.0.0.1:${port}:9092`,
    '-v',
    `${volumeOf(stateFolder)}:/var/lib/kafka/data`,
    ...env,
    image,
  ]
  const id = (await run('docker', args)).stdout.trim()
  const guard = guardAgainstOrphan(['docker', 'stop', '-t', '20', id])
  const exited = run('docker', ['wait', id]).then(
    ({ stdout }) => `code ${stdout.trim()}`,
    () => 'the container is gone',
  )
  void exited.then(() => {
    guard.dismiss()
  })
  const stop = async () => {
    await run('docker', ['stop', '-t', '20', id]).catch(() => undefined)
  }
  const kill = () => {
    run('docker', ['kill', id]).catch(() => undefined)
  }
  for (let attempt = 0; attempt < 120; attempt++) {
    const { stdout, stderr } = await run('docker', ['logs', id]).catch(() => ({ stdout: '', stderr: 'it ended' }))
    if (/Kafka Server started/.test(stdout)) return { exited, stop, kill }
    if (stderr === 'it ended') break
    await systemClock.sleep(500)
  }
  await stop()
  throw new LocalStackError(
    'KAFKA_UNAVAILABLE',
    `Kafka did not start in Docker (${image}); see: docker logs ${id.slice(0, 12)}`,
  )
}
