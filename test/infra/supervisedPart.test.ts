import { describe, expect, test } from 'vitest'

import { LocalStackError } from '../../infra/local/localStackError.js'
import { type RestartPolicy, type RunningProcess, SupervisedPart } from '../../infra/local/supervisedPart.js'
import { ManualClock } from '../../shared/clock.js'

/** A part whose processes end when told to. */
class Fake {
  readonly processes: { end: (why: string) => void; killed: boolean; stopped: boolean }[] = []
  refuse: Error | undefined
  refuseOnce: Error | undefined

  readonly start = (): Promise<RunningProcess> => {
    const once = this.refuseOnce
    this.refuseOnce = undefined
    if (once !== undefined) return Promise.reject(once)
    if (this.refuse !== undefined) return Promise.reject(this.refuse)
    let end: (why: string) => void = () => undefined
    const exited = new Promise<string>(resolve => {
      end = resolve
    })
    const known = { end, killed: false, stopped: false }
    this.processes.push(known)
    return Promise.resolve({
      pid: this.processes.length,
      exited,
      stop: () => {
        known.stopped = true
        end('code 0')
        return Promise.resolve()
      },
      kill: () => {
        known.killed = true
        end('SIGKILL')
      },
    })
  }

  get last() {
    return this.processes.at(-1)
  }
}

const policy: RestartPolicy = { firstDelayMs: 1_000, longestDelayMs: 4_000, maxFailures: 4, stableMs: 60_000 }

function supervised() {
  const clock = new ManualClock()
  const said: string[] = []
  const failures: string[] = []
  const supervision = {
    policy,
    clock,
    say: (line: string) => void said.push(line),
    changed: () => undefined,
    failed: (error: Error) => void failures.push(error.message),
  }
  return {
    clock,
    said,
    failures,
    start: (name: string, fake: Fake, needs?: SupervisedPart) =>
      SupervisedPart.start({ name, start: fake.start }, supervision, needs),
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
}

describe('a supervised part', () => {
  test('the pause before it is started again grows, and starts small once it lasted', async () => {
    const { clock, said, start } = supervised()
    const fake = new Fake()
    await start('Kafka', fake)
    for (let i = 0; i < 3; i++) {
      fake.last?.end('code 1')
      await settled()
    }
    clock.advance(policy.stableMs)
    fake.last?.end('SIGSEGV')
    await settled()
    expect(said.filter(line => line.includes('ended'))).toEqual([
      'Kafka ended (code 1); it is started again in 1 s',
      'Kafka ended (code 1); it is started again in 2 s',
      'Kafka ended (code 1); it is started again in 4 s',
      'Kafka ended (SIGSEGV); it is started again in 1 s',
    ])
    expect(fake.processes).toHaveLength(5)
  })

  test('what does not last, or cannot be started any more, is given up with its reason', async () => {
    const { failures, start } = supervised()
    const fake = new Fake()
    await start('Kafka', fake)
    fake.refuse = new Error('the disk is full')
    fake.last?.end('SIGKILL')
    await settled()
    expect(failures).toEqual([
      'Kafka ended (the disk is full) and was started again 4 times without lasting. Everything stops.',
    ])
  })

  test('what ran long, and cannot be started any more, is given up all the same', async () => {
    const { clock, failures, start } = supervised()
    const fake = new Fake()
    await start('Kafka', fake)
    clock.advance(10 * policy.stableMs)
    fake.refuse = new Error('the disk is full')
    fake.last?.end('code 1')
    await settled()
    expect(failures).toEqual([
      'Kafka ended (the disk is full) and was started again 4 times without lasting. Everything stops.',
    ])
  })

  test('what is killed again and again, started or not, comes back each time after the first pause', async () => {
    const { failures, said, start } = supervised()
    const fake = new Fake()
    await start('Functions', fake)
    for (let i = 0; i < 3 * policy.maxFailures; i++) {
      fake.last?.end(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
      fake.refuseOnce =
        i % 3 === 0
          ? new LocalStackError('PROCESS_FAILED', 'killed while it started', { data: { endedBy: 'SIGKILL' } })
          : undefined
      await settled()
    }
    expect(failures).toEqual([])
    const ends = said.filter(line => line.includes('ended'))
    expect(ends).toHaveLength(4 * policy.maxFailures)
    expect(ends.filter(line => !line.endsWith('it is started again in 1 s'))).toEqual([])
    expect(said.at(-1)).toBe(`Functions runs again (pid ${String(fake.processes.length)})`)
  })

  test('what is killed between ends of its own is given up for those', async () => {
    const { failures, start } = supervised()
    const fake = new Fake()
    await start('Functions', fake)
    for (let i = 0; i <= policy.maxFailures; i++) {
      fake.last?.end('SIGKILL')
      await settled()
      fake.last?.end(i % 2 === 0 ? 'code 1' : 'SIGABRT')
      await settled()
    }
    expect(failures).toEqual([
      'Functions ended (code 1) and was started again 4 times without lasting. Everything stops.',
    ])
  })

  test('what depends on it is ended before it comes back, and started after', async () => {
    const { start } = supervised()
    const [storage, host] = [new Fake(), new Fake()]
    const needed = await start('Azurite', storage)
    await start('Functions', host, needed)
    const first = host.last
    storage.last?.end('SIGKILL')
    await settled()
    expect(first?.killed).toBe(true)
    expect([storage.processes.length, host.processes.length]).toEqual([2, 2])
    expect(host.last?.killed).toBe(false)
  })

  test('both at once: each has one process in the end', async () => {
    const { start } = supervised()
    const [storage, host] = [new Fake(), new Fake()]
    const needed = await start('Azurite', storage)
    await start('Functions', host, needed)
    host.last?.end('SIGKILL')
    storage.last?.end('SIGKILL')
    await settled()
    for (const fake of [storage, host]) expect(fake.processes.filter(p => !p.killed).length).toBeGreaterThan(0)
    expect(host.processes.slice(1, -1).every(p => p.killed)).toBe(true)
    expect(host.last?.killed).toBe(false)
  })

  test('nothing is started again once it is to stop', async () => {
    const { said, start } = supervised()
    const fake = new Fake()
    const part = await start('Kafka', fake)
    await part.stop()
    await settled()
    expect(fake.processes).toMatchObject([{ stopped: true }])
    expect(said).toEqual([])
  })
})
