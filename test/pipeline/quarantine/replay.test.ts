import { describe, expect, test } from 'vitest'

import { resolvedPath, silverPath } from '../../../shared/contract/index.js'
import { deleteRows, restoreTable } from '../../../shared/delta/dml/index.js'
import { purgeQuarantine } from '../../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../../shared/pipeline/silver/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import {
  ingest,
  lenient,
  open,
  outcomes,
  process,
  quarantined,
  replay,
  silver,
  silverRows,
  strict,
  strictest,
} from './quarantineFixture.js'

const a = { id: 'a', value: 1 }
const bad = { id: 'b', value: -1 }

describe('a contract that takes what it rejected', () => {
  test('what is valid now comes to silver once, what is not stays with the reason that it has now', async () => {
    await using f = await open()
    await ingest(f, [a, bad, { id: 'c', value: 'x' }, Buffer.from('{')])
    expect(await quarantined(f)).toEqual([1, 2, 3])
    const report = await replay(f)
    expect(report).toMatchObject({ read: 3, valid: 1, replayed: 1, duplicates: 0, alreadyThere: 0 })
    expect(report.remaining).toMatchObject([
      { reason: 'FIELD_VALUE', field: 'value', count: 1, example: { partition: 0, offset: 2n } },
      { reason: 'NOT_JSON', field: '', count: 1 },
    ])
    expect(await silverRows(f)).toEqual(['0/0 a=1', '0/1 b=-1'])
    expect(await quarantined(f)).toEqual([2, 3])
    expect(await outcomes(f)).toMatchObject([
      { _offset: 1n, outcome: 'replayed', fix: null, resolved_by: 'ada', why: 'a test' },
    ])
    expect(await replay(f)).toMatchObject({ read: 2, valid: 0, replayed: 0 })
    expect(await silverRows(f)).toHaveLength(2)
  })

  test('a record whose key silver has is said to be a duplicate, and is no longer in quarantine', async () => {
    await using f = await open()
    await ingest(f, [bad, { id: 'b', value: 2 }, { id: 'c', value: -1 }, { id: 'c', value: -2 }])
    expect(await replay(f)).toMatchObject({ read: 3, replayed: 1, duplicates: 2 })
    expect(await silverRows(f)).toEqual(['0/1 b=2', '0/2 c=-1'])
    expect(await quarantined(f)).toEqual([])
    expect((await outcomes(f)).map(row => row['outcome'])).toEqual(['duplicate', 'replayed', 'duplicate'])
  })

  test('a valid record that silver has not read yet comes before a replay', async () => {
    await using f = await open()
    await ingest(f, [bad])
    await ingest(f, [{ id: 'b', value: 2 }], { silver: false })
    expect(await replay(f)).toMatchObject({ replayed: 0, duplicates: 1 })
    expect(await silverRows(f)).toEqual(['0/1 b=2'])
  })

  test('a dry run says what would be valid, and brings nothing', async () => {
    await using f = await open()
    await ingest(f, [bad])
    expect(await replay(f, lenient, { dryRun: true })).toMatchObject({ read: 1, valid: 1, replayed: 0 })
    expect(await quarantined(f)).toEqual([0])
  })

  test('a purged record is settled without silver', async () => {
    await using f = await open()
    await ingest(f, [bad, { id: 'c', value: 'x' }])
    expect(await purgeQuarantine(f.lake, strict, { reason: 'FIELD_VALUE' }, { by: 'ada' })).toBe(1)
    expect(await quarantined(f)).toEqual([0])
    expect(await outcomes(f)).toMatchObject([{ _offset: 1n, outcome: 'purged', resolved_by: 'ada', why: null }])
    expect(await replay(f)).toMatchObject({ read: 1, replayed: 1 })
  })
})

describe('a fix', () => {
  const fix = `json_merge_patch(_value, '{"value": 7}')`

  test('mends values, and is kept with who, when and why', async () => {
    await using f = await open()
    await ingest(f, [bad, { id: 'c', value: 'x' }, Buffer.from('{')])
    const report = await replay(f, strict, { fix })
    expect(report).toMatchObject({ read: 3, replayed: 2 })
    expect(report.remaining).toMatchObject([{ reason: 'FIX_FAILED', count: 1 }])
    expect(await silverRows(f)).toEqual(['0/0 b=7', '0/1 c=7'])
    expect((await outcomes(f)).map(row => row['fix'])).toEqual([fix, fix])
  })

  test('what it gives is validated by the contract', async () => {
    await using f = await open()
    await ingest(f, [bad])
    expect((await replay(f, strict, { fix: `'no json'` })).remaining).toMatchObject([{ reason: 'NOT_JSON' }])
    expect((await replay(f, strict, { fix: `CAST(1 / 0 AS VARCHAR)` })).remaining).toMatchObject([
      { reason: 'NOT_JSON' },
    ])
    expect((await replay(f, strict, { fix: `CAST(NULL AS VARCHAR)` })).remaining).toMatchObject([
      { reason: 'FIX_FAILED', example: { message: 'the fix gives NULL' } },
    ])
    expect(await silverRows(f)).toEqual([])
  })
})

describe('what silver loses', () => {
  const fix = `json_merge_patch(_value, '{"value": 7}')`

  /** Silver with rows of its own, two replays and a duplicate, in an order that time of ingestion alone does not give. */
  async function made() {
    const f = await open()
    await ingest(f, [{ id: 'k', value: -1 }, { id: 'x', value: 'x' }, a])
    await ingest(f, [
      { id: 'y', value: -1 },
      { id: 'z', value: 3 },
    ])
    // The second `z` was ingested first, and is replayed after the first one is in silver.
    await replay(f)
    await ingest(f, [
      { id: 'k', value: 5 },
      { id: 'x', value: 5, at: -100_000 },
      { id: 'z', value: -4 },
    ])
    await replay(f, strict, { fix })
    await ingest(f, [{ id: 'x', value: 9, at: 10 }])
    return f
  }

  test('a rebuild gives the same rows, by another contract too', async () => {
    await using f = await made()
    const before = await silverRows(f)
    expect(before).toEqual(['0/0 k=-1', '0/1 x=7', '0/2 a=1', '0/3 y=-1', '0/4 z=3', '0/6 x=5'])
    for (const stream of [strict, lenient, strictest]) {
      expect(await rebuildSilver(f.lake, stream)).toMatchObject({ outcome: 'committed' })
      expect(await silverRows(f)).toEqual(before)
    }
    expect(await quarantined(f)).toEqual([])
  })

  test('without silver the next run brings all of it', async () => {
    await using f = await made()
    const before = await silverRows(f)
    for await (const { path } of f.lake.store.list('silver/')) await f.lake.store.delete(path)
    await using g = await f.another()
    await silver(g)
    expect(await silverRows(g)).toEqual(before)
    expect(await quarantined(g)).toEqual([])
  })

  test('after a RESTORE the records are in quarantine again, and come back by the fix that is recorded', async () => {
    await using f = await made()
    const before = await silverRows(f)
    const table = f.lake.table(silverPath(strict))
    await restoreTable(table, { version: 1 }, {})
    expect(await quarantined(f)).toEqual([0, 1, 3])
    expect(await replay(f, strict)).toMatchObject({ read: 3, replayed: 1 })
    expect(await replay(f, lenient)).toMatchObject({ replayed: 2 })
    await rebuildSilver(f.lake, strict)
    expect((await silverRows(f)).length).toBe(before.length)
    expect(await quarantined(f)).toEqual([])
  })

  test('a row that was deleted is in quarantine again, and a better fix counts from then on', async () => {
    await using f = await open()
    await ingest(f, [bad])
    await replay(f, strict, { fix })
    await deleteRows(f.lake.table(silverPath(strict)))
    expect(await quarantined(f)).toEqual([0])
    await replay(f, strict, { fix: `json_merge_patch(_value, '{"value": 8}')` })
    await rebuildSilver(f.lake, strict)
    expect(await silverRows(f)).toEqual(['0/0 b=8'])
  })

  test('a replay that was killed before it wrote its outcome is in a rebuild after a RESTORE', async () => {
    await using f = await open()
    await ingest(f, [a, bad])
    const faults = new Faults().add({
      on: ['put', 'putIfAbsent', 'close'],
      path: path => path.includes('_quarantine_resolved'),
      times: Infinity,
      fault: { kind: 'fail', retryable: false },
    })
    const lake = await process(f, new FaultyStore(f.store, faults))
    await expect(replay({ lake }, strict, { fix })).rejects.toThrow(/Planned fault/)
    await lake.close()
    await restoreTable(f.lake.table(silverPath(strict)), { version: 1 }, {})
    expect(await silverRows(f)).toEqual(['0/0 a=1'])
    await rebuildSilver(f.lake, strict)
    expect(await silverRows(f)).toEqual(['0/0 a=1', '0/1 b=7'])
    expect(await outcomes(f)).toMatchObject([{ outcome: 'replayed', fix, resolved_by: 'ada', why: 'a test' }])
  })

  test('another bronze has other records under the same offsets', async () => {
    await using f = await open()
    await ingest(f, [bad])
    await purgeQuarantine(f.lake, strict, {}, { by: 'ada' })
    for (const layer of ['bronze/events/', 'silver/'])
      for await (const { path } of f.lake.store.list(layer)) await f.lake.store.delete(path)
    await using g = await f.another()
    await g.deliver([0])
    expect(await quarantined(g)).toEqual([0])
    expect((await g.read(resolvedPath(strict))).length).toBe(1)
  })
})
