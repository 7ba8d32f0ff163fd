import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { endingOf, guardAgainstOrphan } from '../orphanGuard.js'
import { answeringCluster } from './clusterId.js'
import { LocalKafkaError } from './localKafkaError.js'

/** Ends the broker when this process ends, however that comes about. */
export function endWithParent(child: ChildProcess, exited: Promise<string>): void {
  const stop = (): void => void child.kill('SIGTERM')
  process.once('exit', stop)
  // A parent that is killed runs no handlers, and Java does not notice that it is gone.
  const guard = child.pid === undefined ? undefined : guardAgainstOrphan(endingOf(child.pid))
  void exited.then(() => {
    process.removeListener('exit', stop)
    guard?.dismiss()
  })
}

/** Where a broker listens, and by what it is told from any other that has taken its port. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
  readonly clusterId: string | undefined
}

/**
 * Waits until the broker answers.
 *
 * @throws LocalKafkaError STATE_IN_USE, START_FAILED when it has ended or is too slow, with the reason that its log gives
 */
export async function brokerReady(
  child: ChildProcess,
  { host, port, clusterId }: BrokerAddress,
  withinMs: number,
  logPath: string,
): Promise<void> {
  const deadline = performance.now() + withinMs
  let failure: Error | undefined
  child.once('error', error => (failure = error))
  while (performance.now() < deadline) {
    const answering = await answeringCluster(host, port)
    if (answering !== undefined && answering === clusterId) return
    if (failure !== undefined || !isRunning(child)) break
    await sleep(50)
  }
  const tail = (await readFile(logPath, 'utf8').catch(() => '')).trim().split('\n')
  const reason = tail.findLast(line => /ERROR|Exception/.test(line)) ?? tail.at(-1) ?? ''
  if (reason.includes('Failed to acquire lock')) {
    throw new LocalKafkaError('STATE_IN_USE', `Another broker uses this state folder: ${reason}`, { data: { logPath } })
  }
  throw new LocalKafkaError(
    'START_FAILED',
    `Kafka did not become ready; see ${logPath}. ${failure?.message ?? reason}`,
    {
      data: { logPath, exitCode: child.exitCode },
      cause: failure,
    },
  )
}

/** Asks the process to end, and ends it after `withinMs`. */
export async function endProcess(child: ChildProcess, exited: Promise<string>, withinMs: number): Promise<void> {
  if (child.pid === undefined || !isRunning(child)) return
  child.kill('SIGTERM')
  const patience = new AbortController()
  await Promise.race([exited, sleep(withinMs, undefined, { signal: patience.signal }).catch(() => {})])
  patience.abort()
  if (isRunning(child)) child.kill('SIGKILL')
  await exited
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null
