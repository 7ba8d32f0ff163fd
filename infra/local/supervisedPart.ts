import { type Clock, systemClock } from '../../shared/clock.js'
import { asError } from '../../shared/errors.js'
import { LocalStackError } from './localStackError.js'

/** A process, or what stands for one, while it runs. */
export interface RunningProcess {
  readonly pid?: number | undefined
  /** Resolves with how it ended, whoever ended it. */
  readonly exited: Promise<string>
  /** Asks it to end, and ends it when that takes too long. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

/** How a part of the stack is started, the first time and after each end. */
export interface PartPlan {
  readonly name: string
  /** For messages. */
  readonly logFile?: string | undefined
  /** Starts it, on the same ports and folders each time, and resolves when it can be used. */
  start(): Promise<RunningProcess>
}

/** How often and how fast a part that ended is started again. */
export interface RestartPolicy {
  readonly firstDelayMs: number
  readonly longestDelayMs: number
  /** So many ends of itself in a row, without having run for `stableMs` between them, and it is given up. */
  readonly maxFailures: number
  readonly stableMs: number
}

/** Somebody, or the system for want of memory, sends these; what fails by itself ends with a code, or as SIGSEGV or SIGABRT. */
const fromOutside: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'])

/** Why a process ended, or did not start. */
interface PartEnd {
  readonly why: string
  /** That says nothing about whether it can run. */
  readonly wasKilled: boolean
}

const endOf = (why: string): PartEnd => ({ why, wasKilled: fromOutside.has(why) })

function failedStart(thrown: unknown): PartEnd {
  const endedBy = thrown instanceof LocalStackError ? thrown.data['endedBy'] : undefined
  return { why: asError(thrown).message, wasKilled: typeof endedBy === 'string' && endOf(endedBy).wasKilled }
}

/** The policy of the stack's own parts: patient enough for a broker that recovers its log, no loop without end. */
export const restartPolicy: RestartPolicy = {
  firstDelayMs: 1_000,
  longestDelayMs: 15_000,
  maxFailures: 5,
  stableMs: 60_000,
}

/** How a part is watched over, and who is notified; `say` takes a sentence for the terminal. */
export interface Supervision {
  readonly policy: RestartPolicy
  readonly clock?: Clock | undefined
  readonly say: (line: string) => void
  /** A part got another process, or lost it. */
  readonly changed: () => void
  /** A part cannot be kept running. */
  readonly failed: (error: LocalStackError) => void
}

/**
 * A part of the stack that is started again whenever it ends: after a pause that grows when it ends by itself, and after
 * the first pause, however often, when it is killed. Parts that depend on it are ended before it comes back and started
 * after: what they remember of it may no longer be true.
 */
export class SupervisedPart {
  readonly name: string
  readonly #plan: PartPlan
  readonly #supervision: Supervision
  readonly #clock: Clock
  readonly #dependents: SupervisedPart[] = []
  readonly #stopping = new AbortController()
  #process: RunningProcess | undefined
  #recovery: Promise<void> = Promise.resolve()
  /** Raised whenever a later recovery, suspension or resumption takes over, so that an older recovery gives up. */
  #turn = 0
  #failures = 0
  #startedAt = 0

  private constructor(plan: PartPlan, supervision: Supervision) {
    this.name = plan.name
    this.#plan = plan
    this.#supervision = supervision
    this.#clock = supervision.clock ?? systemClock
  }

  /**
   * Starts the part for the first time.
   * @param needs the part that this one depends on
   * @throws what its start throws
   */
  static async start(plan: PartPlan, supervision: Supervision, needs?: SupervisedPart): Promise<SupervisedPart> {
    const part = new SupervisedPart(plan, supervision)
    await part.#begin(0)
    if (needs !== undefined) needs.#dependents.push(part)
    return part
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The stack is stopping.'))
    await this.#recovery
    await this.#process?.stop()
  }

  kill(): void {
    this.#stopping.abort(new Error('The stack is stopping.'))
    this.#process?.kill()
  }

  /** @returns false when something later took over meanwhile */
  async #begin(turn: number): Promise<boolean> {
    const started = await this.#plan.start()
    if (this.#turn !== turn) {
      started.kill()
      await started.exited
      return false
    }
    this.#process = started
    this.#startedAt = this.#clock.monotonic()
    this.#supervision.changed()
    void started.exited.then(why => {
      if (this.#process !== started || this.#isStopping()) return
      this.#process = undefined
      this.#supervision.changed()
      this.#recover(why)
    })
    return true
  }

  #sayBack(): void {
    if (!this.#isStopping())
      this.#supervision.say(`${this.name} runs again${this.pid === undefined ? '' : ` (pid ${this.pid})`}`)
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  #recover(why: string): void {
    const turn = ++this.#turn
    this.#recovery = Promise.all([this.#recovery, this.#bringBack(endOf(why), turn)]).then(() => undefined)
  }

  async #bringBack(first: PartEnd, turn: number): Promise<void> {
    const { policy, say, failed } = this.#supervision
    const isOver = () => this.#isStopping() || this.#turn !== turn
    await Promise.all(this.#dependents.map(d => d.#suspend()))
    if (this.#clock.monotonic() - this.#startedAt >= policy.stableMs) this.#failures = 0
    for (let end = first; !isOver();) {
      const { why, wasKilled } = end
      if (!wasKilled) this.#failures++
      const log = this.#plan.logFile === undefined ? '' : `; log: ${this.#plan.logFile}`
      if (this.#failures > policy.maxFailures) {
        const times = `${policy.maxFailures} times`
        failed(
          new LocalStackError(
            'PART_FAILED',
            `${this.name} ended (${why}) and was started again ${times} without lasting${log}. Everything stops.`,
          ),
        )
        return
      }
      const doubled = wasKilled ? 0 : this.#failures - 1
      const delay = Math.min(policy.firstDelayMs * 2 ** doubled, policy.longestDelayMs)
      say(`${this.name} ended (${why}); it is started again in ${delay / 1000} s${log}`)
      await this.#clock.sleep(delay, this.#stopping.signal).catch(() => undefined)
      if (isOver()) return
      try {
        if (!(await this.#begin(turn))) return
        this.#sayBack()
        break
      } catch (thrown) {
        end = failedStart(thrown)
      }
    }
    if (!isOver()) for (const dependent of this.#dependents) dependent.#resume()
  }

  /** Ended because the part it needs is away; its own recovery, if one is under way, gives up. */
  async #suspend(): Promise<void> {
    this.#turn++
    const running = this.#process
    this.#process = undefined
    running?.kill()
    await running?.exited
    if (running !== undefined && !this.#isStopping())
      this.#supervision.say(`${this.name} is ended until then, so that it begins again`)
    this.#supervision.changed()
  }

  #resume(): void {
    if (this.#isStopping()) return
    const turn = ++this.#turn
    const begin = async () => {
      try {
        if (await this.#begin(turn)) this.#sayBack()
      } catch (thrown) {
        if (this.#turn === turn) await this.#bringBack(failedStart(thrown), turn)
      }
    }
    this.#recovery = Promise.all([this.#recovery, begin()]).then(() => undefined)
  }
}
