import { describe, expect, test } from 'vitest'

import { type Action, commitPath, readsNothing } from '../../../shared/delta/index.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import { resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { cursorTxns } from '../../../shared/pipeline/incremental/cursor.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { eventRecord, range } from '../bronze/bronzeFixture.js'
import { ingest, look, open, settings, tamper } from './monitorFixture.js'

describe('the monitor, of rows,', () => {
  test('a scored row that is lost opens the identity of gold', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await runGold(f.lake, 'command')
    const table = f.lake.table('gold/events_scored')
    const snapshot = await table.snapshot()
    const actions = (snapshot?.files ?? []).map(add => ({
      remove: { path: add.path, dataChange: true, size: add.size, partitionValues: add.partitionValues },
    }))
    await table.commit({
      readVersion: snapshot?.version ?? -1,
      actions,
      operation: 'WRITE',
      isBlindAppend: false,
      reads: readsNothing,
    })
    expect((await look(f))['gold']).toMatchObject({
      status: 'DEGRADED',
      identity_closed: false,
      identity: '5 rows in silver, 0 scored',
    })
  })

  test.each(['double', 'lose'] as const)(
    'sees that the identity is open when somebody else wrote to bronze (%s)',
    async change => {
      await using f = await open()
      f.append(range(0, 10))
      await f.deliver(range(0, 6))
      await f.deliver(range(6, 10))
      expect((await look(f))['bronze']).toMatchObject({ identity_closed: true })
      await tamper(f, change)
      const { bronze } = await look(f)
      expect(bronze).toMatchObject({ identity_closed: false, status: 'DEGRADED' })
      expect(bronze?.['reason']).toMatch(/counts do not reconcile.*10 offsets covered/)
    },
  )

  test('sees a record that the reader left out: holes are counted, not what is left over', async () => {
    await using f = await open()
    const aborted = f.source.begin()
    f.append(range(0, 5))
    aborted.append('events', [{ ...eventRecord(5), partition: 0 }])
    aborted.abort()
    f.append(range(5, 10))
    const read = f.source.read.bind(f.source)
    f.source.read = async function* (...args) {
      for await (const batch of read(...args)) yield { ...batch, records: batch.records.filter(r => r.offset !== 3n) }
    }
    await catchUp(f.lake, 'command')
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({
      status: 'DEGRADED',
      identity_closed: false,
      natural_holes: 2n,
      covered_span: 12n,
      rows_total: 9n,
    })
    expect(bronze?.['reason']).toContain('12 offsets covered, but rows + missing + holes = 11')
  })

  test('sees a record that the reader left out of a gap in a delivery', async () => {
    await using f = await open()
    f.append(range(0, 20))
    await f.deliver(range(0, 5))
    const records = await f.fetch(range(15, 20))
    const read = f.source.read.bind(f.source)
    f.source.read = async function* (...args) {
      for await (const batch of read(...args)) yield { ...batch, records: batch.records.filter(r => r.offset !== 9n) }
    }
    await ingestBatch(f.lake, f.stream, { records, reread: [] }, 'kafka')
    const { bronze } = await look(f)
    expect(bronze).toMatchObject({
      status: 'DEGRADED',
      identity_closed: false,
      natural_holes: 0n,
      covered_span: 20n,
      rows_total: 19n,
    })
  })

  test.each([
    ['', false],
    [', also behind a commit that brought none', true],
  ])('sees that silver has read fewer rows than bronze has%s', async (_, behind) => {
    await using f = await open()
    await ingest(f, range(0, 10))
    f.append(range(10, 20))
    await f.deliver(range(10, 20))
    // The cursor moves past the new rows without reading them.
    const bronze = await f.lake.table('bronze/events').state({ fresh: true })
    const silver = await f.lake.table('silver/events').state({ fresh: true })
    if (bronze === undefined || silver === undefined) throw new Error('no table')
    const txns = cursorTxns(silver, bronze.metadata.id, { version: bronze.version, files: 0 }, f.clock.now())
    await f.lake.table('silver/events').commit({
      readVersion: silver.version,
      actions: txns.map(txn => ({ txn })),
      operation: 'STREAMING UPDATE',
      isBlindAppend: true,
      reads: readsNothing,
    })
    const nothing: Action = { txn: { appId: 'somebody', version: 1n } }
    if (behind)
      await f.lake.table('bronze/events').commit({
        readVersion: bronze.version,
        actions: [nothing],
        operation: 'WRITE',
        isBlindAppend: true,
        reads: readsNothing,
      })
    const row = (await look(f))['silver']
    expect(row).toMatchObject({ status: 'DEGRADED', identity_closed: false })
    expect(row?.['identity']).toContain('20 valid rows in bronze, 10 read')
  })

  test('counts every file of a look, however many there are', async () => {
    await using f = await open()
    f.append(range(0, 230))
    for (const n of range(0, 230)) await f.deliver([n])
    expect((await look(f))['bronze']).toMatchObject({ identity_closed: true, rows_total: 230n, files: 230n })
  })

  test('counts the whole table where log clean-up took commits that were not looked at yet', async () => {
    await using f = await open()
    f.append(range(0, 25))
    await f.deliver(range(0, 5))
    await look(f)
    for (const n of [5, 10, 15, 20]) await f.deliver(range(n, n + 5))
    await f.lake.table('bronze/events').writeCheckpoint()
    await f.store.delete(`bronze/events/${commitPath(3)}`)
    await using other = await f.another({ settings })
    expect((await look(other))['bronze']).toMatchObject({
      rows_total: 25n,
      files: 5n,
      identity_closed: false,
      status: 'DEGRADED',
    })
  })

  test('adds up every generation of a partition after a reset', async () => {
    await using f = await open()
    await ingest(f, range(0, 10))
    f.source.recreateTopic('events')
    f.append(range(100, 106))
    await resetOffsets(f.lake, f.stream)
    await catchUp(f.lake, 'command')
    await refineSilver(f.lake, f.stream)
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({ status: 'OK', identity_closed: true, covered_span: 16n, rows_total: 16n })
    expect(silver).toMatchObject({ status: 'OK', identity_closed: true, rows_total: 16n })
  })
})
