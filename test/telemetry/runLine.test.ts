import { expect, test } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { CodedError } from '../../shared/errors.js'
import { MemoryStore, MeteredStore } from '../../shared/storage/index.js'
import { consoleLogger } from '../../shared/telemetry/consoleLogger.js'
import { startRun } from '../../shared/telemetry/run.js'
import { rowListener } from '../../shared/telemetry/runLine.js'

class Gone extends CodedError<'STORAGE_DOWN'> {
  constructor() {
    super('STORAGE_DOWN', 'AccountKey=c2VjcmV0c2VjcmV0 is refused')
  }
}

function lines(format: 'json' | 'text') {
  const written: string[] = []
  const clock = new ManualClock(Date.UTC(2025, 3, 1))
  const log = consoleLogger({ format, level: 'error', clock, write: line => written.push(line) })
  const run = startRun({ step: 'bronze', stream: 'events', store: new MeteredStore(new MemoryStore(clock)), clock })
  return { written, run, listener: rowListener(log) }
}

test('a run that commits is a row with its table, version and offsets, whatever the level', () => {
  const { written, run, listener } = lines('json')
  const ranges = [
    { partition: 0, from: 9007199254740993n, to: 9007199254740999n },
    { partition: 7, from: 0n, to: 1n },
  ]
  listener.ended?.(run.finish({ outcome: 'committed', rowsIn: 7, rowsOut: 7 }), {
    table: 'bronze.events',
    version: 4,
    ranges,
  })
  expect(written).toHaveLength(1)
  expect(written[0]).toMatch(/^\{"row":"cluster_logs",/)
  expect(JSON.parse(written[0] ?? '')).toMatchObject({
    row: 'cluster_logs',
    step: 'bronze',
    stream: 'events',
    outcome: 'committed',
    table_name: 'bronze.events',
    table_version: 4,
    partitions: 2,
    offsets: '0:9007199254740993-9007199254740998 7:0-0',
    error_code: null,
    start_time: '2025-04-01T00:00:00.000Z',
  })
})

test('a run that fails is a row with its code, without secrets, and with every name that others have', () => {
  const { written, run, listener } = lines('json')
  listener.ended?.(run.finish({ outcome: 'failed', error: new Gone() }), undefined)
  listener.ended?.(run.finish({ outcome: 'nothingToDo' }), undefined)
  const [failed, idle] = written.map(line => JSON.parse(line) as Record<string, unknown>)
  expect(failed).toMatchObject({ outcome: 'failed', error_code: 'STORAGE_DOWN', table_name: null, offsets: null })
  expect(written[0]).not.toContain('c2VjcmV0')
  expect(Object.keys(failed ?? {})).toEqual(Object.keys(idle ?? {}))
})

test('a long text is cut, and people see no rows', () => {
  const { written, listener } = lines('json')
  listener.observed?.([{ table_name: 'bronze.events', reason: 'x'.repeat(50_000) }])
  expect(written[0]?.length).toBeLessThan(5_000)
  const text = lines('text')
  text.listener.observed?.([{ table_name: 'bronze.events' }])
  expect(text.written).toEqual([])
})
