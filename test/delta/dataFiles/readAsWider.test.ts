import { describe, expect, test } from 'vitest'

import type { Protocol } from '../../../shared/delta/actions/actions.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import { typeText } from '../../../shared/delta/schema/schema.js'
import { DuckDbSession, FileCache, openDeltaView } from '../../../shared/query/index.js'
import type { DataType, Value } from '../../../shared/types/index.js'
import { allRows, columnField, LogFixture } from '../logFixture.js'

const decimal = (precision: number, scale: number): DataType => ({ type: 'decimal', precision, scale })
const protocol: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['typeWidening'],
  writerFeatures: ['typeWidening'],
}

describe('a column that a table says was widened', () => {
  test.each<[from: DataType, to: DataType, stored: readonly Value[], read: readonly Value[]]>([
    ['byte', decimal(4, 1), [-128, 127, null], [-1280n, 1270n, null]],
    ['short', decimal(5, 0), [-32_768, 7, null], [-32_768n, 7n, null]],
    ['integer', decimal(12, 2), [2 ** 31 - 1, null], [214_748_364_700n, null]],
    ['long', decimal(19, 0), [2n ** 63n - 1n, null], [2n ** 63n - 1n, null]],
    ['byte', 'float', [-128, 127, null], [-128, 127, null]],
    ['short', 'float', [32_767, null], [32_767, null]],
    [decimal(2, 0), 'byte', [-99n, 99n, null], [-99, 99, null]],
    [decimal(9, 0), 'integer', [999_999_999n, null], [999_999_999, null]],
    [decimal(18, 0), 'long', [10n ** 18n - 1n, null], [10n ** 18n - 1n, null]],
    [decimal(15, 0), 'double', [10n ** 15n - 1n, null], [10 ** 15 - 1, null]],
    [decimal(7, 0), 'float', [9_999_999n, null], [9_999_999, null]],
    [decimal(4, 1), decimal(38, 10), [-9_999n, null], [-9_999n * 10n ** 9n, null]],
    ['date', 'timestamp_ntz', [-1, null], [-86_400_000_000n, null]],
  ])('%j is read as %j, by the reader and by SQL', async (from, to, stored, read) => {
    const metadata = { 'delta.typeChanges': [{ fromType: typeText(from), toType: typeText(to) }] }
    const old = new LogFixture({ fields: [columnField('v', from)] })
    const file = await old.file('a.parquet', { v: stored })
    const table = new LogFixture({ fields: [columnField('v', to, metadata)], protocol })
    await table.store.put('a.parquet', (await old.store.get('a.parquet')) ?? new Uint8Array())
    await table.commit({ add: file })
    const snapshot = await table.snapshot()
    expect((await allRows(scanRows(table.store, snapshot).batches)).flat()).toEqual(read)
    await using session = await DuckDbSession.open({ threads: 1 })
    await using cache = new FileCache({ limitBytes: 10 ** 7 })
    using view = await openDeltaView(session, cache, { store: table.store, state: snapshot, files: snapshot.files })
    expect((await session.query(view.sql)).rows.map(row => row['v'])).toEqual(read)
  })

  test('of which values would be lost is refused by its name', async () => {
    const metadata = { 'delta.typeChanges': [{ fromType: 'long', toType: 'double' }] }
    const table = new LogFixture({ fields: [columnField('v', 'double', metadata)], protocol })
    await table.commit()
    const snapshot = await table.snapshot()
    expect(() => scanRows(table.store, snapshot)).toThrow(/column v was changed from long to double/)
  })
})
