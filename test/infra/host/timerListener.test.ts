import { describe, expect, test } from 'vitest'

import { parseSchedule } from '../../../infra/local/host/ncrontab.js'
import { TimerListener } from '../../../infra/local/host/timerListener.js'
import { type TimerStatus } from '../../../infra/local/host/timerStatus.js'
import { type Clock, ManualClock } from '../../../shared/clock.js'
import { silentLogger } from '../../../shared/telemetry/index.js'

const start = Date.UTC(2026, 0, 1, 0, 0, 30)

interface Fired {
  readonly at: string
  readonly pastDue: boolean
}

/** Runs a timer until it has fired `times`; `work` is the time each run takes. */
async function firing(
  times: number,
  options: { status?: TimerStatus; work?: number; fail?: boolean; fullDisk?: boolean } = {},
) {
  const time = new ManualClock(start)
  const clock: Clock = {
    now: () => time.now(),
    monotonic: () => time.monotonic(),
    sleep: (ms, signal) => time.sleep(ms, signal),
  }
  const statuses = new Map<string, TimerStatus>(options.status === undefined ? [] : [['t', options.status]])
  const fired: Fired[] = []
  const errors: string[] = []
  const enough = Promise.withResolvers<undefined>()
  const listener = new TimerListener({
    name: 't',
    schedule: parseSchedule('0 * * * * *'),
    runOnStartup: false,
    status: {
      read: name => statuses.get(name),
      write: (name, status) => {
        if (options.fullDisk === true) throw new Error('ENOSPC')
        statuses.set(name, status)
      },
    },
    async execute(input) {
      const { IsPastDue } = JSON.parse(input.data.json ?? '') as { IsPastDue: boolean }
      fired.push({ at: new Date(time.now()).toISOString().slice(11, 19), pastDue: IsPastDue })
      time.advance(options.work ?? 0)
      if (fired.length >= times) {
        enough.resolve(undefined)
        await new Promise(resolve => setImmediate(resolve))
      }
      return options.fail === true ? new Error('broken') : undefined
    },
    clock,
    log: { ...silentLogger, error: message => void errors.push(message) },
  })
  await enough.promise
  await listener.stop()
  return { fired, errors, status: statuses.get('t') }
}

describe('a timer', () => {
  test('waits for its first occurrence', async () => {
    const { fired } = await firing(2)
    expect(fired).toEqual([
      { at: '00:01:00', pastDue: false },
      { at: '00:02:00', pastDue: false },
    ])
  })

  test('a run longer than the interval does not overlap itself: ticks meanwhile are left out', async () => {
    const { fired } = await firing(2, { work: 150_000 })
    expect(fired.map(f => f.at)).toEqual(['00:01:00', '00:04:00'])
  })

  test('runs on when its last run cannot be kept', async () => {
    const { fired } = await firing(2, { fullDisk: true })
    expect(fired.map(f => f.at)).toEqual(['00:01:00', '00:02:00'])
  })

  test('a failed run waits for the next tick', async () => {
    const { fired, errors } = await firing(2, { fail: true })
    expect(fired.map(f => f.at)).toEqual(['00:01:00', '00:02:00'])
    expect(errors).toHaveLength(2)
  })

  test('an occurrence missed while nothing ran fires once, as past due', async () => {
    const { fired } = await firing(2, {
      status: { last: start - 600_000, next: start - 540_000, updated: start - 600_000 },
    })
    expect(fired).toEqual([
      { at: '00:00:30', pastDue: true },
      { at: '00:01:00', pastDue: false },
    ])
  })

  test('what it did is remembered for the next start', async () => {
    const { status } = await firing(1)
    expect(status).toMatchObject({ last: Date.UTC(2026, 0, 1, 0, 1), next: Date.UTC(2026, 0, 1, 0, 2) })
  })
})
