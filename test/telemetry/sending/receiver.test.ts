import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { redact, type RunRecord } from '../../../shared/telemetry/index.js'
import { bestEffort, Outbox, Receiver } from '../../../shared/telemetry/sending/index.js'
import { retryAfterMs } from '../../../shared/telemetry/sending/retryAfter.js'
import { Collector, keptLog } from '../../harness/collector.js'

let collector: Collector

beforeEach(async () => {
  collector = await Collector.start()
})
afterEach(() => collector[Symbol.asyncDispose]())

const secret = 'Bearer c2VjcmV0LW9mLXRoZS1jb2xsZWN0b3I'

function outbox(
  parts: {
    readonly timeoutMs?: number
    readonly most?: number
    readonly url?: string
    readonly gzip?: boolean
    readonly everyMs?: number
  } = {},
) {
  const { lines, log } = keptLog()
  const { timeoutMs = 60_000, most = 100, url = collector.url, gzip, everyMs = 3_600_000 } = parts
  const receiver = new Receiver({
    url,
    headers: { authorization: secret, 'x-key': 'plain-words-that-are-secret' },
    timeoutMs,
    gzip,
    remarkOf: body => (body === '' ? undefined : body),
    what: 'Spans',
    log,
  })
  const box = new Outbox<number>({ receiver, most, perMessage: 3, everyMs, encode: items => JSON.stringify({ items }) })
  const sent = () => collector.received.map(({ json }) => json['items'])
  return { box, receiver, lines, sent }
}

test('items go out in their order, some at a time, with the headers', async () => {
  const { box, sent, lines } = outbox()
  for (let i = 0; i < 7; i++) box.add(i)
  await box.send()
  expect(sent()).toEqual([[0, 1, 2], [3, 4, 5], [6]])
  expect(collector.received[0]?.headers).toMatchObject({ authorization: secret, 'content-type': 'application/json' })
  expect(lines).toEqual([])
})

test('one that is down is in the log once; what waited comes when it is back, the oldest having given way', async () => {
  const { box, sent, lines } = outbox({ most: 4 })
  collector.status = 503
  for (let i = 0; i < 3; i++) {
    box.add(i)
    await box.send()
  }
  for (let i = 3; i < 6; i++) box.add(i)
  expect(lines).toEqual([expect.stringMatching(/^warn Spans are not taken; .*it answered 503/)])
  collector.status = 200
  await box.send()
  expect(sent()).toEqual([[2, 3, 4], [5]])
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^info Spans are taken again/)])
})

test('one that nobody listens at is as good as down', async () => {
  const { box, lines } = outbox({ url: 'http://127.0.0.1:9/' })
  box.add(1)
  await box.send()
  await box.send()
  expect(lines).toHaveLength(1)
  expect(box.size).toBe(1)
})

test.each([401, 400, 302])(
  'what is answered with %d is not sent again, elsewhere least of all, and no secret is told',
  async status => {
    const { box, sent, lines } = outbox()
    collector.status = status
    box.add(1)
    await box.send()
    expect(box.size).toBe(0)
    expect(collector.requests).toBe(1)
    expect(sent()).toEqual([])
    expect(lines.join()).toContain(`it answered ${status}`)
    for (const text of [secret, 'plain-words-that-are-secret']) expect(redact(`sent ${text}.`)).not.toContain(text)
  },
)

test('one that never answers is given up in time, and holds up the end no longer than it may', async () => {
  const { box, lines } = outbox({ timeoutMs: 200 })
  collector.isSilent = true
  box.add(1)
  await box.send()
  expect(lines).toHaveLength(1)
  const slow = outbox()
  slow.box.add(1)
  const asked = new Promise<void>(come => (collector.onRequest = come))
  void slow.box.send()
  await asked
  await slow.box.close(100)
  await slow.box.send()
  expect(collector.requests).toBe(2)
})

test("a listener's own defect is told once, and no run knows of it", () => {
  const { lines, log } = keptLog()
  const listener = bestEffort(
    {
      ended() {
        throw new RangeError('a defect')
      },
    },
    log,
  )
  const run = {} as RunRecord
  listener.started?.({ runId: '', step: '', startTime: 0 })
  listener.ended?.(run, undefined)
  listener.ended?.(run, undefined)
  expect(lines).toEqual([expect.stringContaining('a defect')])
})

test('compressed, a message is the same', async () => {
  const { box, sent } = outbox({ gzip: true })
  box.add(1)
  await box.send()
  expect(sent()).toEqual([[1]])
  expect(collector.received[0]?.headers['content-encoding']).toBe('gzip')
})

test.each([429, 503])(
  'one that answers %d is left alone as long as it says, by the end of the process too',
  async status => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { box, receiver, sent } = outbox({ everyMs: 5000 })
      collector.status = status
      collector.answer = { headers: { 'retry-after': '7200' } }
      box.add(1)
      const turn = box.send()
      box.add(2)
      await turn
      expect(receiver.waitMs).toBeGreaterThan(3_599_000)
      collector.status = 200
      const asked = new Promise<void>(come => (collector.onRequest = come))
      vi.advanceTimersByTime(3_599_000)
      expect(collector.requests).toBe(1)
      vi.advanceTimersByTime(1001)
      await asked
      await box.send()
      expect(sent()).toEqual([[1, 2]])
      collector.status = status
      box.add(3)
      await box.send()
      await box.close(1000)
      expect(collector.requests).toBe(3)
    } finally {
      vi.useRealTimers()
    }
  },
)

test('seconds and dates are understood, an hour at most, and nothing else', () => {
  const now = Date.UTC(2025, 3, 1)
  expect(retryAfterMs('7', now)).toBe(7000)
  expect(retryAfterMs(new Date(now + 9000).toUTCString(), now)).toBe(9000)
  for (const past of [new Date(now - 9000).toUTCString(), undefined, '', 'soon', '-1'])
    expect(retryAfterMs(past, now)).toBe(0)
  expect(retryAfterMs('9'.repeat(30), now)).toBe(3_600_000)
})

test('what is said against a part of a message is in the log, once a minute; why one is refused, without secrets', async () => {
  const { box, lines } = outbox()
  collector.answer = { body: '2 were rejected' }
  for (const n of [1, 2]) {
    box.add(n)
    await box.send()
  }
  expect(lines).toEqual([expect.stringMatching(/^warn Spans are not all taken.*2 were rejected/)])
  collector.status = 400
  collector.answer = { body: `no such field; ${secret}` }
  box.add(3)
  await box.send()
  expect(lines[1]).toContain('it answered 400: no such field; ')
  expect(lines.join()).not.toContain('c2VjcmV0')
})

test('one that cannot be reached is in the log with what it failed with', async () => {
  const { box, lines } = outbox({ url: 'http://127.0.0.1:1/' })
  box.add(1)
  await box.send()
  expect(lines.join()).toContain('ECONNREFUSED 127.0.0.1:1')
})
