import { type Clock } from '../../../shared/clock.js'
import { asError } from '../../../shared/errors.js'
import type { Logger } from '../../../shared/telemetry/index.js'
import { type InvocationInput } from './functionApp.js'
import { type Schedule } from './ncrontab.js'
import { type TimerStatus, type TimerStatusStore } from './timerStatus.js'

/** What a timer runs and when; `execute` answers with the function's failure, if it failed. */
export interface TimerParts {
  readonly name: string
  readonly schedule: Schedule
  readonly runOnStartup: boolean
  readonly status: TimerStatusStore
  execute(input: InvocationInput): Promise<Error | undefined>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * The rules of a timer trigger: it never overlaps itself (the next occurrence is computed after a run), a failed run is
 * logged and waits for the next tick, and an occurrence that was missed while nothing ran fires once at the start, as
 * past due.
 */
export class TimerListener {
  readonly #parts: TimerParts
  readonly #stopping = new AbortController()
  readonly #loop: Promise<void>

  constructor(parts: TimerParts) {
    this.#parts = parts
    this.#loop = this.#run()
  }

  /** Lets a run that has begun finish; starts none. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The timer is stopping.'))
    await this.#loop
  }

  async #run(): Promise<void> {
    const { name, clock, schedule, status, runOnStartup } = this.#parts
    let known = status.read(name)
    const missed = known !== undefined && known.next <= clock.now()
    if (missed || runOnStartup) known = await this.#fire(known, missed)
    while (!this.#stopped) {
      const next = schedule.next(clock.now())
      if (next === undefined) return
      known = { last: known?.last, next, updated: clock.now() }
      this.#note(known)
      if (await this.#waitUntil(next)) known = await this.#fire(known, false)
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  /** One that cannot be kept is missed after a restart at worst: no reason to run no more. */
  #note(status: TimerStatus): void {
    const { name, log, status: store } = this.#parts
    try {
      store.write(name, status)
    } catch (thrown) {
      log.warn(`When ${name} ran last cannot be kept`, { error: asError(thrown).message })
    }
  }

  /** Timers of the platform drift and are cut at 24 days: the clock is asked again until the time has come. */
  async #waitUntil(time: number): Promise<boolean> {
    const { clock } = this.#parts
    while (!this.#stopped && clock.now() < time) {
      await clock.sleep(Math.min(time - clock.now(), 86_400_000), this.#stopping.signal).catch(() => undefined)
    }
    return !this.#stopped
  }

  async #fire(known: TimerStatus | undefined, isPastDue: boolean): Promise<TimerStatus> {
    const { name, clock, log, schedule } = this.#parts
    const last = clock.now()
    const error = await this.#parts.execute(timerInput(known, isPastDue))
    if (error !== undefined) log.error(`${name} failed and runs again at its next tick`, { error: error.message })
    const after = { last, next: schedule.next(clock.now()) ?? Number.MAX_SAFE_INTEGER, updated: clock.now() }
    this.#note(after)
    return after
  }
}

/** A timer's payload as the extension writes it. */
export function timerInput(status: TimerStatus | undefined, isPastDue: boolean): InvocationInput {
  const iso = (time: number | undefined) => (time === undefined ? '0001-01-01T00:00:00' : new Date(time).toISOString())
  return {
    data: {
      json: JSON.stringify({
        Schedule: { AdjustForDST: true },
        ScheduleStatus: { Last: iso(status?.last), LastUpdated: iso(status?.updated), Next: iso(status?.next) },
        IsPastDue: isPastDue,
      }),
    },
  }
}
