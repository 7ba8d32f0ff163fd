import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

import { projectRoot } from '../../harness/projectRoot.js'
import { instanceMemory } from '../instance.js'
import type { PeersHome } from './peersHome.js'

const run = promisify(execFile)

/** What each of them is asked to do, in a process of its own; the answer is a line of JSON. */
export type PeerRequest =
  | {
      readonly work: 'ingest'
      readonly brokers: string
      readonly topic: string
      readonly table: string
      readonly rows: number
    }
  | { readonly work: 'follow'; readonly brokers: string; readonly topic: string; readonly table: string }
  | { readonly work: 'refine'; readonly table: string; readonly silver: string }

/** What a process took. Seconds are those of the work, on `measuredRows`; memory is that of the whole process. */
export interface PeerCost {
  readonly rows: number
  readonly measuredRows: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakBytes: number
}

/** One of those that are compared. */
export interface Peer {
  /** As `--only` names it. */
  readonly engine: Engine
  readonly name: string
  /** Whether the table of one run is what is refined and followed; false for a second way to ingest. */
  readonly isFirst: boolean
  /** Table folders inside a folder of its own. */
  readonly bronze: string
  readonly silver: string
  run(request: PeerRequest): Promise<PeerCost>
  /** Starts to follow a topic; what is returned ends it. */
  follow(request: Extract<PeerRequest, { work: 'follow' }>): Promise<() => Promise<PeerCost>>
}

/** What can be compared. */
export const engines = ['ours', 'spark', 'delta-rs'] as const

/** A name of `--only`. */
export type Engine = (typeof engines)[number]

/** Those wanted, in the order in which they take their turns. Without Python and jars there is only `ours`. */
export function peersOf(wanted: readonly Engine[], home: PeersHome | undefined): readonly Peer[] {
  const scripts = join(projectRoot(), 'test/bench/peers')
  // With the heap of an instance; the others have all of the machine.
  const node = [process.execPath, ...instanceMemory.nodeArgs, join(import.meta.dirname, 'oursProcess.js')]
  const python = home?.python ?? 'python3'
  const tables = { bronze: 'bronze/events', silver: 'silver/events' }
  const all: readonly Peer[] = [
    peer({ engine: 'ours', name: 'here, one worker', isFirst: true, ...tables }, node, { workers: 1 }),
    peer({ engine: 'ours', name: 'here, two workers', isFirst: false, ...tables }, node, { workers: 2 }),
    peer({ engine: 'spark', name: 'Spark with Delta', isFirst: true, ...tables }, [python, join(scripts, 'spark.py')], {
      jars: home?.jars,
    }),
    peer(
      { engine: 'delta-rs', name: 'delta-rs from Python', isFirst: true, ...tables },
      [python, join(scripts, 'deltars.py')],
      {},
    ),
  ]
  return all.filter(({ engine }) => wanted.includes(engine))
}

function peer(
  known: Pick<Peer, 'engine' | 'name' | 'isFirst' | 'bronze' | 'silver'>,
  [program = '', ...script]: readonly string[],
  more: Readonly<Record<string, unknown>>,
): Peer {
  const env = { ...process.env, TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' }
  const argsOf = (request: PeerRequest) => [
    ...script,
    JSON.stringify({
      ...more,
      ...request,
      ...(request.work === 'ingest' && { perTrigger: Math.ceil(request.rows / 4) }),
    }),
  ]
  return {
    ...known,
    async run(request) {
      const { stdout } = await run(program, argsOf(request), { env, maxBuffer: 1 << 26 })
      return lastLine(stdout)
    },
    async follow(request) {
      const child = spawn(program, argsOf(request), { env, stdio: ['pipe', 'pipe', 'inherit'] })
      const said: string[] = []
      const lines = createInterface({ input: child.stdout })
      lines.on('line', line => said.push(line))
      const ended = once(child, 'exit')
      await Promise.race([once(lines, 'line'), ended])
      if (said.length === 0) throw new Error(`${known.name} has ended before it followed`)
      return async () => {
        child.stdin.end()
        await ended
        return lastLine(said.join('\n'))
      }
    },
  }
}

function lastLine(output: string): PeerCost {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as PeerCost
}
