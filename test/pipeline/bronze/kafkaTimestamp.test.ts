import { describe, expect, test } from 'vitest'

import { bronzePath, bronzeTable, silverPath } from '../../../shared/contract/index.js'
import { createTable } from '../../../shared/delta/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import { recordDigest } from '../../../shared/pipeline/bronze/digest.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { runSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { BronzeFixture, day0, eventRecord } from './bronzeFixture.js'

/** What producers write who take Kafka's milliseconds for another unit, and the ends of 64 bits. */
const odd = [
  ['microseconds', day0 * 1e3],
  ['nanoseconds', day0 * 1e6],
  ['the largest of 64 bits', 2 ** 63],
  ['the least of 64 bits', -(2 ** 63)],
  ['a millisecond after 9999', 253_402_300_800_000],
  ['a millisecond before the year 1', -62_135_596_800_001],
] as const

describe.each(odd)('a Kafka timestamp in %s', (_what, timestamp) => {
  const records = [0, 1, 2].map(n => ({ ...eventRecord(n), partition: 0, ...(n === 1 ? { timestamp } : {}) }))

  test.each(['a range read', 'a delivery', 'a delivery that reads it again'])(
    'is a row without one, by %s, and the contract alone validates its event',
    async how => {
      await using fixture = await BronzeFixture.open()
      fixture.source.append('events', records)
      if (how === 'a range read')
        expect(await catchUp(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 3 }])
      else await fixture.deliver(how === 'a delivery' ? [0, 1, 2] : [0, 2], 0, how === 'a delivery' ? [] : [1])
      const rows = await fixture.rows()
      expect(rows.map(r => [r['_offset'], r['_timestamp'] === null, r['_error_code']])).toEqual([
        [0n, false, null],
        [1n, true, null],
        [2n, false, null],
      ])
      expect((await fixture.reported()).at(-1)).toMatchObject({ notices: { TIMESTAMP_OUT_OF_RANGE: 1 } })

      // It is the last word of nobody: the next run finds the partition as it was left.
      fixture.append([3])
      expect(await catchUp(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 1 }])
    },
  )

  test('goes through silver, not late, and is counted by the monitor', async () => {
    await using fixture = await BronzeFixture.open()
    fixture.source.append('events', records)
    await catchUp(fixture.lake, 'command')
    expect(await runSilver(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 3 }])
    expect((await fixture.read(silverPath(fixture.stream))).map(r => r['_late'])).toEqual([false, false, false])
    await runMonitor(fixture.lake, 'command')
    const row = (await fixture.read('monitor_logs')).find(r => r['layer'] === 'bronze')
    expect(row).toMatchObject({ identity_closed: true, quarantined: 0n })
    expect(JSON.parse(row?.['notices'] as string)).toEqual({ TIMESTAMP_OUT_OF_RANGE: 1 })
  })

  test('at the covered offset leaves the partition as recognisable as any', async () => {
    await using fixture = await BronzeFixture.open()
    fixture.source.append('events', records.slice(0, 2))
    await catchUp(fixture.lake, 'command')
    expect(await catchUp(fixture.lake, 'command')).toMatchObject([{ outcome: 'nothingToDo' }])
  })
})

test.each([-62_135_596_800_000, -1, 0, 253_402_300_799_999])('%d is a timestamp like any other', async timestamp => {
  await using fixture = await BronzeFixture.open()
  fixture.source.append('events', [{ ...eventRecord(0), partition: 0, timestamp }])
  await catchUp(fixture.lake, 'command')
  expect((await fixture.rows()).map(r => r['_timestamp'])).toEqual([BigInt(timestamp) * 1000n])
  expect((await fixture.reported()).at(-1)).toMatchObject({ notices: { TIMESTAMP_OUT_OF_RANGE: 0 } })
})

test('a table of version 0.1.0, in which no timestamp may be null, takes one that is', async () => {
  await using fixture = await BronzeFixture.open()
  const shape = bronzeTable(fixture.stream)
  const fields = shape.schema.fields.map(f => (f.name === '_timestamp' ? { ...f, nullable: false } : f))
  await fixture.lake
    .table(shape.path)
    .commit(createTable({ ...shape, schema: { type: 'struct', fields }, createdTime: day0 }))
  fixture.source.append('events', [{ ...eventRecord(0), partition: 0, timestamp: day0 * 1e6 }])
  expect(await catchUp(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 1 }])
  const state = await fixture.lake.table(bronzePath(fixture.stream)).state({ fresh: true })
  expect(state?.schema.fields.find(f => f.name === '_timestamp')?.nullable).toBe(true)
})

test('records that differ in a timestamp of 64 bits only have digests of their own', () => {
  const record = { topic: 't', partition: 0, offset: 0n, key: null, value: null, headers: [] }
  const digests = [1.7e18, 2 ** 63, -(2 ** 62), 0, -1].map(timestamp => recordDigest({ ...record, timestamp }))
  expect(new Set(digests).size).toBe(5)
})
