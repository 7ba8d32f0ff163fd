import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { z } from 'zod'

import { redact } from '../telemetry/index.js'

const processId = z.int().positive()

/** Whatever else the file holds: a disk that was full, or an earlier version, may have left anything. */
const runningStackFile = z.object({
  /** The process that started it and ends it. */
  pid: processId,
  command: z.enum(['start', 'stack']),
  startedAt: z.string(),
  /** False until the addresses can be used; they are empty before. */
  ready: z.boolean(),
  /** As KAFKA_BROKERS takes it; empty when it holds a secret, as the lake's may. */
  kafkaBrokers: z.string(),
  /** As LAKE_URL takes it. */
  lakeUrl: z.string(),
  /** Of the HTTP functions; absent for `npm run stack`. */
  functionsUrl: z.string().optional(),
  /** Processes it started, by what they are. */
  processes: z.record(z.string(), processId),
})

/** Where the services of this machine's stack are, while `npm start` or `npm run stack` runs. */
export type RunningStack = Readonly<z.infer<typeof runningStackFile>>

/** The stack's state lives in this folder of the checkout; git ignores it. */
export const stateFolderName = '.lake'

const fileOf = (folder: string) => join(folder, stateFolderName, 'run', 'stack.json')

/** What the state file of a checkout holds; a file that cannot be read counts as none. */
export type StackState =
  | { readonly kind: 'running'; readonly stack: RunningStack }
  /** Its process is gone without having tidied up. */
  | { readonly kind: 'stale'; readonly stack: RunningStack }
  | { readonly kind: 'none' }

/** What is known of a stack started in `folder`, the checkout. */
export function stackState(folder: string): StackState {
  const file = fileOf(folder)
  if (!existsSync(file)) return { kind: 'none' }
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { kind: 'none' }
  }
  const stack = runningStackFile.safeParse(json).data
  if (stack === undefined) return { kind: 'none' }
  return { kind: isAlive(stack.pid) ? 'running' : 'stale', stack }
}

/** The running stack of `folder` once it can be used, or undefined. */
export function runningStack(folder: string): RunningStack | undefined {
  const state = stackState(folder)
  return state.kind === 'running' && state.stack.ready ? state.stack : undefined
}

/** Writes the state. An address that holds a secret is left out: the file lies where anybody of this machine may read it. */
export function writeRunningStack(folder: string, stack: RunningStack): void {
  const file = fileOf(folder)
  mkdirSync(dirname(file), { recursive: true })
  const shown = { ...stack, kafkaBrokers: withoutSecret(stack.kafkaBrokers), lakeUrl: withoutSecret(stack.lakeUrl) }
  try {
    writeFileSync(`${file}.new`, `${JSON.stringify(shown, null, 2)}\n`)
    renameSync(`${file}.new`, file)
  } catch (thrown) {
    rmSync(`${file}.new`, { force: true })
    throw thrown
  }
}

function withoutSecret(address: string): string {
  return redact(address) === address ? address : ''
}

/** Forgets the stack of that process; another's is left alone. */
export function removeRunningStack(folder: string, pid: number): void {
  const state = stackState(folder)
  if (state.kind !== 'none' && state.stack.pid === pid) rmSync(fileOf(folder), { force: true })
}

/** Whether the process is there; where the system reports it, also whether it is a stack and not a later process of that number. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  const commandLine = `/proc/${pid}/cmdline`
  try {
    return !existsSync(commandLine) || /infra[/\\]local[/\\]main|vitest/.test(readFileSync(commandLine, 'utf8'))
  } catch {
    return false
  }
}
