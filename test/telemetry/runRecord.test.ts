import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { MemoryStore, MeteredStore, StorageError } from '../../shared/storage/index.js'
import { startRun } from '../../shared/telemetry/run.js'
import { decodeRun, encodeRun, runFields } from '../../shared/telemetry/runRecord.js'

function begun() {
  const clock = new ManualClock(1_700_000_000_000)
  const store = new MeteredStore(new MemoryStore(clock))
  return { clock, store, start: { step: 'silver', stream: 'events', trigger: 'timer', store, clock } }
}

describe('a run', () => {
  test('counts what was used since it started, not what was used before', async () => {
    const { clock, store, start } = begun()
    await store.put('before', new Uint8Array(100))
    const run = startRun(start)
    clock.advance(1500)
    await store.put('a', new Uint8Array(10))
    await store.get('a')
    for await (const info of store.list('')) expect(info.path).toBeDefined()
    await store.delete('a')
    const record = run.finish({ outcome: 'committed', version: 7, rowsIn: 5, rowsOut: 4 })
    expect(record).toMatchObject({
      step: 'silver',
      stream: 'events',
      trigger: 'timer',
      processId: process.pid,
      outcome: 'committed',
      version: 7,
      startTime: 1_700_000_000_000,
      endTime: 1_700_000_001_500,
      durationMs: 1500,
      rowsIn: 5,
      rowsOut: 4,
      bytesIn: 10,
      bytesOut: 10,
      storageReads: 1,
      storageWrites: 1,
      storageLists: 1,
      storageDeletes: 1,
    })
    expect(record.runId).toMatch(/^[0-9a-f]{8}-/)
    expect(record.peakMemoryBytes).toBeGreaterThan(20 * 1024 * 1024)
    expect(record.memoryBytes).toBeGreaterThan(20 * 1024 * 1024)
    expect(record.estimatedCostUsd).toBeGreaterThan(0)
  })

  test('recorded before its commit and again after it is the same run', async () => {
    const { store, start } = begun()
    const run = startRun(start)
    const before = run.finish({ outcome: 'committed' })
    await store.put('commit', new Uint8Array(3))
    const after = run.finish({ outcome: 'committed', version: 3 })
    expect(after.runId).toBe(before.runId)
    expect(before.version).toBeUndefined()
    expect([before.storageWrites, after.storageWrites]).toEqual([0, 1])
  })

  test('that failed keeps the code and the words of its error, whatever was thrown', () => {
    const run = startRun(begun().start)
    const error = new StorageError('STORAGE_THROTTLED', 'too much', { retryable: true })
    expect(run.finish({ outcome: 'failed', error })).toMatchObject({
      errorCode: 'STORAGE_THROTTLED',
      errorMessage: 'too much',
    })
    expect(run.finish({ outcome: 'failed', error: 'odd' })).toMatchObject({ errorCode: 'Error', errorMessage: 'odd' })
  })
})

describe('a run that travels in a commit', () => {
  const full = startRun(begun().start).finish({ outcome: 'failed', error: new Error('x'), rowsIn: 12 })

  test('comes back as it was through JSON text', () => {
    for (const run of [full, startRun({ ...begun().start, stream: undefined }).finish({ outcome: 'nothingToDo' })]) {
      expect(decodeRun(JSON.parse(JSON.stringify(encodeRun(run))))).toEqual(JSON.parse(JSON.stringify(run)))
    }
  })

  test('has a column for every field a record can have', () => {
    const all = { ...full, version: 1 }
    expect([...runFields].sort()).toEqual(Object.keys(all).sort())
  })

  test('is read from logs that give whole numbers as bigint', () => {
    const json = { ...encodeRun(full), startTime: BigInt(full.startTime), rowsIn: 12n }
    expect(decodeRun(json)).toMatchObject({ startTime: full.startTime, rowsIn: 12 })
  })

  test("is not mistaken for anything else that others put there, and a later version's fields are dropped", () => {
    for (const other of [
      undefined,
      null,
      'run',
      3,
      [],
      {},
      { ...encodeRun(full), outcome: 'exploded' },
      { ...encodeRun(full), rowsIn: 'many' },
    ]) {
      expect(decodeRun(other)).toBeUndefined()
    }
    for (const missing of ['runId', 'outcome', 'cpuMs']) {
      expect(
        decodeRun(Object.fromEntries(Object.entries(encodeRun(full)).filter(([field]) => field !== missing))),
      ).toBeUndefined()
    }
    expect(decodeRun({ ...encodeRun(full), laterField: 1 })).not.toHaveProperty('laterField')
    const absent = Object.fromEntries(Object.entries(encodeRun(full)).filter(([field]) => field !== 'stream'))
    for (const field of ['stream', 'version'])
      expect(decodeRun({ ...absent, [field]: null })).toEqual(decodeRun(absent))
    expect(decodeRun(absent)?.runId).toBe(full.runId)
  })
})
