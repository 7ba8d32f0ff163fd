import { join } from 'node:path'

import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

import {
  type FunctionApp,
  type InvocationInput,
  type InvocationOutcome,
  kafkaInput,
  loadApp,
  timerInput,
} from '../../infra/local/host/index.js'
import { ManualClock } from '../../shared/clock.js'
import { type Lake, processLake } from '../../shared/pipeline/lake/index.js'
import { Faults, FaultyStore, storageOperations } from '../../shared/storage/faults/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import { protectSecret, silentLogger } from '../../shared/telemetry/index.js'
import { BronzeFixture, day0 } from '../pipeline/bronze/bronzeFixture.js'

vi.mock('../../shared/pipeline/lake/processLake.js', () => ({ processLake: vi.fn(), closeProcessLake: vi.fn() }))

const timers = ['catchUp', 'silver', 'gold', 'monitor', 'maintenance']
const http: InvocationInput = { data: { http: { method: 'POST', url: 'http://127.0.0.1/api/pipeline/run' } } }

let app: FunctionApp
let fixture: BronzeFixture
let faults: Faults

beforeAll(async () => {
  for (const name of Object.keys(process.env))
    if (/^(KAFKA|EVENTHUBS|LAKE)_|_SCHEDULE$|^SOURCE$/.test(name)) Reflect.deleteProperty(process.env, name)
  app = await loadApp({
    folder: join(import.meta.dirname, '..', '..'),
    log: silentLogger,
    importFile: file => import(file),
    main: 'functions/*.ts',
  })
})

beforeEach(async () => {
  const clock = new ManualClock(day0)
  faults = new Faults()
  fixture = await BronzeFixture.open({ clock, store: new FaultyStore(new MemoryStore(clock), faults, clock) })
  serve(fixture.lake)
})

afterEach(async () => {
  faults.clear()
  await fixture[Symbol.asyncDispose]()
})

function serve(lake: Lake): void {
  vi.mocked(processLake).mockResolvedValue(lake)
}

/** Every operation of the storage is refused from now on, for good. */
function refuseStorage(): void {
  faults.add({
    on: storageOperations,
    fault: { kind: 'fail', code: 'STORAGE_FORBIDDEN', retryable: false },
    times: Number.POSITIVE_INFINITY,
  })
}

const failure = (outcome: InvocationOutcome): string =>
  outcome.kind === 'failed' ? outcome.error.message : 'succeeded'

async function runPipeline() {
  const outcome = await app.invoke('pipeline', http)
  if (outcome.kind === 'failed') throw outcome.error
  const { statusCode, body } = outcome.response.returnValue?.http ?? {}
  const text = body?.bytes ?? body?.string ?? '{}'
  return {
    status: Number(statusCode),
    report: JSON.parse(Buffer.from(text).toString()) as { ok: boolean; steps: { step: string; outcome: string }[] },
  }
}

describe('the functions do what they are registered for', () => {
  test('a delivery is committed before its function returns', async () => {
    fixture.append([1, 2, 3])
    const trigger = app.functions.find(f => f.name === 'bronze_events')?.trigger
    if (trigger === undefined) throw new Error('bronze_events is not registered')
    const outcome = await app.invoke('bronze_events', kafkaInput(trigger, await fixture.fetch([0, 1, 2])))
    expect(outcome).toMatchObject({ kind: 'succeeded' })
    expect((await fixture.progress()).get(0)?.covered).toBe(2n)
  })

  test('a delivery that could not be committed fails, so that the host keeps its offsets', async () => {
    fixture.append([1, 2, 3])
    const records = await fixture.fetch([0, 1, 2])
    const trigger = app.functions.find(f => f.name === 'bronze_events')?.trigger
    if (trigger === undefined) throw new Error('bronze_events is not registered')
    refuseStorage()
    expect((await app.invoke('bronze_events', kafkaInput(trigger, records))).kind).toBe('failed')
  })

  test.each(timers)('%s that did its work succeeds', async name => {
    fixture.append([1, 2, 3])
    expect(failure(await app.invoke(name, timerInput(undefined, false)))).toBe('succeeded')
  })

  test.each(timers)('%s whose step failed is a failed run that says why, not a silent one', async name => {
    fixture.append([1, 2, 3])
    await app.invoke('catchUp', timerInput(undefined, false))
    refuseStorage()
    expect(failure(await app.invoke(name, timerInput(undefined, false)))).toMatch(/Planned fault/)
  })
})

test('a secret in what storage answers leaves by no function: neither in a thrown error nor in an answer by HTTP', async () => {
  const secret = 'h1dd3n-in-an-answer'
  protectSecret(secret)
  fixture.append([1, 2, 3])
  const records = await fixture.fetch([0, 1, 2])
  const trigger = app.functions.find(f => f.name === 'bronze_events')?.trigger
  if (trigger === undefined) throw new Error('bronze_events is not registered')
  const refuse = () => {
    throw new Error(`refused, says ${secret}`)
  }
  faults.add({ on: storageOperations, fault: { kind: 'interleave', first: refuse }, times: Number.POSITIVE_INFINITY })
  const said = [failure(await app.invoke('bronze_events', kafkaInput(trigger, records)))]
  for (const name of timers) said.push(failure(await app.invoke(name, timerInput(undefined, false))))
  said.push(JSON.stringify((await runPipeline()).report))
  for (const text of said) {
    expect(text).toContain('refused, says')
    expect(text).not.toContain(secret)
  }
})

describe('the answer to running the pipeline by HTTP', () => {
  test('is 200 when every step did its work', async () => {
    fixture.append([1, 2, 3])
    const { status, report } = await runPipeline()
    expect({ status, ok: report.ok }).toEqual({ status: 200, ok: true })
    expect(report.steps.map(step => step.step)).toEqual(expect.arrayContaining(['bronze', 'silver', 'gold', 'monitor']))
  })

  test('is 207 when some steps failed and others did not', async () => {
    fixture.append([1, 2, 3])
    await runPipeline()
    faults.add({
      on: storageOperations,
      path: path => path.startsWith('silver/'),
      fault: { kind: 'fail', code: 'STORAGE_FORBIDDEN', retryable: false },
      times: Number.POSITIVE_INFINITY,
    })
    fixture.append([4])
    const { status, report } = await runPipeline()
    expect(status).toBe(207)
    const outcomes = report.steps.map(({ step, outcome }) => `${step} ${outcome}`)
    expect(outcomes).toContain('silver failed')
    expect(outcomes).not.toContain('bronze failed')
    expect(report.ok).toBe(false)
  })

  test('is 500 when every step failed', async () => {
    fixture.append([1, 2, 3])
    refuseStorage()
    const { status, report } = await runPipeline()
    expect({ status, ok: report.ok }).toEqual({ status: 500, ok: false })
  })
})

describe('the answer to a probe', () => {
  test('says that the app is loaded without touching the lake', async () => {
    vi.mocked(processLake).mockClear()
    const outcome = await app.invoke('health', {
      data: { http: { method: 'GET', url: 'http://127.0.0.1/api/health' } },
    })
    expect(outcome).toMatchObject({ kind: 'succeeded', response: { returnValue: { http: { statusCode: '200' } } } })
    expect(processLake).not.toHaveBeenCalled()
  })
})
