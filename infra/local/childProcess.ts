import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

import { systemClock } from '../../shared/clock.js'
import { LocalStackError } from './localStackError.js'
import { type RunningProcess } from './supervisedPart.js'

/** What a process of the stack runs; `env` is laid over this process's own environment. */
export interface ChildOptions {
  readonly name: string
  /** A script for this Node. */
  readonly script: string
  readonly args?: readonly string[] | undefined
  readonly nodeArgs?: readonly string[] | undefined
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly cwd?: string | undefined
  /** Takes what it prints. */
  readonly logFile: string
}

/**
 * A Node process of the stack. It has a process group of its own, so that Ctrl-C in the terminal reaches only the
 * stack, which ends its parts in order; and a channel, whose end means that the stack is gone.
 */
export class StackProcess {
  readonly name: string
  readonly exited: Promise<string>
  readonly #child: ChildProcess
  readonly #logFile: string
  /** Bytes that earlier processes wrote. */
  readonly #logStart: number

  constructor(options: ChildOptions) {
    this.name = options.name
    this.#logFile = options.logFile
    mkdirSync(dirname(options.logFile), { recursive: true })
    const log = openSync(options.logFile, 'a')
    this.#logStart = fstatSync(log).size
    this.#child = spawn(process.execPath, [...(options.nodeArgs ?? []), options.script, ...(options.args ?? [])], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    })
    closeSync(log)
    this.exited = exitOf(this.#child)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  send(message: Readonly<Record<string, unknown>>): void {
    if (this.#child.connected) this.#child.send(message)
  }

  onMessage(listener: (message: Readonly<Record<string, unknown>>) => void): void {
    this.#child.on('message', message => {
      listener(message as Readonly<Record<string, unknown>>)
    })
  }

  /** The first message of that kind. @throws LocalStackError when the process ends before, or takes too long */
  async message(kind: string, withinMs: number): Promise<Readonly<Record<string, unknown>>> {
    const got = new Promise<Readonly<Record<string, unknown>>>(resolve => {
      this.onMessage(m => {
        if (m['kind'] === kind) resolve(m)
      })
    })
    return this.ready(got, withinMs)
  }

  /**
   * Waits until the process has printed that. A port on which somebody answers does not show that it is this process.
   * @throws LocalStackError when it ends before, or takes too long
   */
  async prints(text: string, withinMs: number): Promise<void> {
    const stopped = new AbortController()
    const printed = async () => {
      while (!this.#printed().includes(text)) await systemClock.sleep(50, stopped.signal)
    }
    await this.ready(printed(), withinMs).finally(() => {
      stopped.abort(new Error('done'))
    })
  }

  /** As a part of the stack. */
  running(graceMs: number): RunningProcess {
    return {
      pid: this.pid,
      exited: this.exited,
      stop: () => this.stop(graceMs),
      kill: () => {
        this.kill()
      },
    }
  }

  /** What `sign` resolves to. @throws LocalStackError when the process ends before, or takes too long; it is ended then */
  async ready<T>(sign: Promise<T>, withinMs: number): Promise<T> {
    const patience = new AbortController()
    const late = systemClock.sleep(withinMs, patience.signal).then(() => `nothing within ${withinMs / 1000} s`)
    late.catch(() => undefined)
    try {
      return await Promise.race([
        sign,
        Promise.race([this.exited, late]).then(why => {
          throw this.#failure(why)
        }),
      ])
    } catch (thrown) {
      this.kill()
      await this.exited
      throw thrown
    } finally {
      patience.abort(new Error('done'))
    }
  }

  /** Asks the process to end and, after the grace, ends it. */
  async stop(graceMs: number): Promise<void> {
    this.#signal('SIGTERM')
    const patience = new AbortController()
    const late = systemClock.sleep(graceMs, patience.signal).then(() => {
      this.#signal('SIGKILL')
    })
    late.catch(() => undefined)
    await this.exited
    patience.abort(new Error('done'))
  }

  kill(): void {
    this.#signal('SIGKILL')
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal)
  }

  #printed(): string {
    return readFileSync(this.#logFile).subarray(this.#logStart).toString('utf8')
  }

  #failure(why: string): LocalStackError {
    const lines = this.#printed().trim().split('\n')
    const reason = lines.findLast(line => /error/i.test(line)) ?? lines.at(-1) ?? ''
    return new LocalStackError(
      'PROCESS_FAILED',
      `${this.name} did not start (${why}): ${reason.trim()} (log: ${this.#logFile})`,
      { data: { endedBy: why } },
    )
  }
}

/** Resolves when the process is gone, with how it ended. */
export function exitOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('exit', (code, signal) => {
      resolve(signal ?? `code ${code ?? 'unknown'}`)
    })
    child.once('error', error => {
      resolve(error.message)
    })
  })
}
