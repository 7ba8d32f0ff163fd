import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import type { RunningStack } from '../../shared/cli/index.js'
import type { ProjectCopy } from './projectCopy.js'

/** Of a progress line. */
export interface Progress {
  /** Records in Kafka. */
  readonly events: number
  /** Rows. */
  readonly bronze: number
}

/** `npm start` or `npm run stack` of a project's copy as a real process, with everything it printed. */
export class StartedStack {
  readonly project: ProjectCopy
  readonly child: ChildProcess
  readonly ended: Promise<number>
  #output = ''
  #over = false

  private constructor(project: ProjectCopy, child: ChildProcess) {
    this.project = project
    this.child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#output += bytes.toString()
      })
    this.ended = new Promise(resolve =>
      child.once('close', (code, signal) => {
        resolve(code ?? (signal === null ? -1 : 128))
      }),
    )
    void this.ended.then(() => {
      this.#over = true
    })
  }

  /** @param preferred the ports of Kafka, blob storage and the functions, instead of three that nobody has */
  static async start(
    project: ProjectCopy,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    preferred?: readonly number[],
  ): Promise<StartedStack> {
    const [kafka, blob, functions] = preferred ?? (await freePorts(3))
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(KAFKA|LAKE|EVENTHUBS)_|^npm_/.test(name)),
    )
    const ports = ['--kafka-port', String(kafka), '--blob-port', String(blob), '--functions-port', String(functions)]
    const child = spawn(process.execPath, [project.program('infra/local/main.js'), ...args, ...ports], {
      cwd: project.folder,
      env: { ...clean, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new StartedStack(project, child)
  }

  get output(): string {
    return this.#output
  }

  get state(): RunningStack | undefined {
    const file = join(this.project.folder, '.lake', 'run', 'stack.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunningStack) : undefined
  }

  pid(part: string): number {
    const pid = this.state?.processes[part]
    if (pid === undefined) throw new Error(`${part} is not among ${JSON.stringify(this.state)}`)
    return pid
  }

  /** Waits for it to print that. @param after only what was printed behind the first so many characters */
  async prints(what: RegExp, after = 0): Promise<string> {
    for (let left = 2_400; left > 0; left--) {
      const found = what.exec(this.#output.slice(after))
      if (found !== null) return found[0]
      if (this.#over) break
      await sleep(100)
    }
    throw new Error(`${this.#over ? 'It ended' : 'It goes on'} without printing ${what}:\n${this.#output}`)
  }

  /** The first progress line from now on that is as asked for; of a stack with one stream. */
  async progress(asked: (progress: Progress) => boolean): Promise<Progress> {
    for (let seen = this.#output.length; ;) {
      const line = await this.prints(/events [\d,]+ \| bronze [\d,]+ .*\n/, seen)
      seen = this.#output.indexOf(line, seen) + line.length
      const [events = 0, bronze = 0] = [...line.matchAll(/(?:events|bronze) ([\d,]+)/g)].map(([, count = '']) =>
        Number(count.replaceAll(',', '')),
      )
      if (asked({ events, bronze })) return { events, bronze }
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number> {
    this.child.kill(signal)
    return this.ended
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A child that has ended and was not waited for is still there by its number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self/status')
  }
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      server =>
        new Promise<number>(resolve =>
          server.listen(0, '127.0.0.1', () => {
            resolve((server.address() as { port: number }).port)
          }),
        ),
    ),
  )
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
