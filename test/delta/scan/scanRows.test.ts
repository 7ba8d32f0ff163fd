import { describe, expect, test } from 'vitest'

import { encodeDeletionVector } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { DeltaError } from '../../../shared/delta/deltaError.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { type StructField, variantType } from '../../../shared/types/index.js'
import { allRows, columnField, LogFixture } from '../logFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const day = columnField('day', 'date')

const longs = (...values: number[]) => BigInt64Array.from(values.map(BigInt))

describe('the rows of a snapshot', () => {
  test('have the log’s partition values, whatever the path says, and null for what a file lacks', async () => {
    const table = new LogFixture({ fields: [day, id, name], partitionColumns: ['day'] })
    await table.commit(
      {
        add: await table.file(
          'day=1999-01-01/a b%.parquet',
          { id: longs(1, 2) },
          { path: 'day=1999-01-01/a%20b%25.parquet', partitionValues: { day: '1970-01-02' } },
        ),
      },
      { add: await table.file('b.parquet', { name: ['x'], id: longs(3) }, { partitionValues: { day: '' } }) },
    )
    const scan = scanRows(table.store, await table.snapshot())
    expect(await allRows(scan.batches)).toEqual([
      [1, 1n, null],
      [1, 2n, null],
      [null, 3n, 'x'],
    ])
    expect(scan.counts).toMatchObject({ filesRead: 2, filesSkipped: 0, rowGroups: 2, rows: 3 })
  })

  test('leave out what deletion vectors name, by place in the file, across row groups and typed arrays', async () => {
    const table = new LogFixture({ fields: [id, name] })
    const { name: path, bytes, vector } = encodeDeletionVector([0, 4, 5, 6, 7, 9])
    await table.store.put(path, bytes)
    const data = { id: longs(...Array.from({ length: 10 }, (_, i) => i)), name: 'a b c d e f g h i j'.split(' ') }
    await table.commit({ add: await table.file('a.parquet', data, { deletionVector: vector }, 4) })
    const scan = scanRows(table.store, await table.snapshot(), { columns: ['name', 'ID'] })
    expect(await allRows(scan.batches)).toEqual([
      ['b', 1n],
      ['c', 2n],
      ['d', 3n],
      ['i', 8n],
    ])
    // The row group that is deleted whole is not read at all.
    expect(scan.counts).toMatchObject({ rowGroups: 2, rows: 4 })
    const positions: number[] = []
    for await (const batch of scan.batches) positions.push(...batch.positions())
    expect(positions).toEqual([1, 2, 3, 8])
  })

  test('are found by physical name or by id, at any depth, whatever the columns are called now', async () => {
    const mapped = (field: StructField, physical: string, of: number): StructField => ({
      ...field,
      metadata: { 'delta.columnMapping.physicalName': physical, 'delta.columnMapping.id': of },
    })
    const inner = (a: string, physical: string): StructField['type'] => ({
      type: 'array',
      containsNull: true,
      elementType: { type: 'struct', fields: [mapped(columnField(a, 'integer'), physical, 3)] },
    })
    for (const mode of ['name', 'id']) {
      const fields = [
        mapped(columnField('key, now', 'long'), 'col-1', 1),
        mapped(columnField('list', inner('inside', 'col-3')), 'col-2', 2),
        mapped(columnField('p', 'integer'), 'col-4', 4),
      ]
      const table = new LogFixture({
        fields,
        partitionColumns: ['p'],
        configuration: { 'delta.columnMapping.mode': mode },
        protocol: { minReaderVersion: 2, minWriterVersion: 5 },
      })
      const written = new LogFixture({
        // In id mode names in the file mean nothing: here they are crossed.
        fields:
          mode === 'name'
            ? [columnField('col-1', 'long'), columnField('col-2', inner('col-3', ''))]
            : [mapped(columnField('list', 'long'), '', 1), mapped(columnField('key, now', inner('x', '')), '', 2)],
      })
      const data =
        mode === 'name'
          ? { 'col-1': longs(7), 'col-2': [[{ 'col-3': 5 }]] }
          : { list: longs(7), 'key, now': [[{ x: 5 }]] }
      const add = await written.file('a.parquet', data, { partitionValues: { 'col-4': '9' } })
      await table.store.put('a.parquet', (await written.store.get('a.parquet')) ?? new Uint8Array())
      await table.commit({ add })
      expect(await allRows(scanRows(table.store, await table.snapshot()).batches), mode).toEqual([
        [7n, [{ inside: 5 }], 9],
      ])
    }
  })

  test('id mode refuses a file without ids instead of giving nulls', async () => {
    const field = columnField('a', 'long', { 'delta.columnMapping.physicalName': 'a', 'delta.columnMapping.id': 1 })
    const table = new LogFixture({
      fields: [field],
      configuration: { 'delta.columnMapping.mode': 'id' },
      protocol: { minReaderVersion: 2, minWriterVersion: 5 },
    })
    const written = new LogFixture({ fields: [columnField('a', 'long')] })
    const add = await written.file('a.parquet', { a: longs(1) })
    await table.store.put('a.parquet', (await written.store.get('a.parquet')) ?? new Uint8Array())
    await table.commit({ add })
    await expect(allRows(scanRows(table.store, await table.snapshot()).batches)).rejects.toMatchObject({
      code: 'DELTA_BAD_DATA_FILE',
      message: expect.stringContaining('no field ids') as string,
    })
  })

  test('void columns are null, and a variant is its two parts', async () => {
    const table = new LogFixture({
      fields: [id, columnField('n', 'void'), columnField('v', variantType)],
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['variantType'],
        writerFeatures: ['variantType'],
      },
    })
    const variant = { metadata: Uint8Array.of(1, 0, 0), value: Uint8Array.of(12, 5) }
    await table.commit({ add: await table.file('a.parquet', { id: longs(1, 2), v: [variant, null] }) })
    const rows = await allRows(scanRows(table.store, await table.snapshot()).batches)
    expect(rows.map(([a, n]) => [a, n])).toEqual([
      [1n, null],
      [2n, null],
    ])
    expect(rows[0]?.[2]).toEqual(variant)
    expect(rows[1]?.[2]).toBeNull()
  })

  test('a variant in parts is one again; parts that contradict each other are an error that names file and column', async () => {
    const table = new LogFixture({
      fields: [columnField('v', variantType)],
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['variantType', 'variantShredding'],
        writerFeatures: ['variantType', 'variantShredding'],
      },
    })
    const shredded = columnField('v', {
      type: 'struct',
      fields: [columnField('metadata', 'binary'), columnField('value', 'binary'), columnField('typed_value', 'long')],
    })
    const written = new LogFixture({ fields: [shredded] })
    const [metadata, value] = [Uint8Array.of(1, 0, 0), Uint8Array.of(0)]
    const rows = [{ metadata, value: null, typed_value: 5n }, { metadata, value, typed_value: null }, null]
    const add = await written.file('a.parquet', { v: rows })
    await table.store.put('a.parquet', (await written.store.get('a.parquet')) ?? new Uint8Array())
    await table.commit({ add })
    expect(await allRows(scanRows(table.store, await table.snapshot()).batches)).toEqual([
      [{ metadata, value: Uint8Array.of(12, 5) }],
      [{ metadata, value }],
      [null],
    ])
    const bad = await written.file('b.parquet', { v: [{ metadata, value, typed_value: 5n }] })
    await table.store.put('b.parquet', (await written.store.get('b.parquet')) ?? new Uint8Array())
    await table.commit({ add: bad })
    const read = allRows(scanRows(table.store, await table.snapshot()).batches)
    await expect(read).rejects.toMatchObject({
      code: 'DELTA_BAD_DATA_FILE',
      message: expect.stringMatching(/b\.parquet.*Column v: /) as string,
    })
  })

  test('only partition columns are asked for: files still say how many rows there are', async () => {
    const table = new LogFixture({ fields: [id, day], partitionColumns: ['day'] })
    await table.commit({
      add: await table.file('a.parquet', { id: longs(1, 2, 3) }, { partitionValues: { day: null } }),
    })
    expect(await allRows(scanRows(table.store, await table.snapshot(), { columns: ['day'] }).batches)).toEqual([
      [null],
      [null],
      [null],
    ])
  })
})

describe('skipping', () => {
  test('passes over files by partition and by statistics, and says how many', async () => {
    const table = new LogFixture({ fields: [id, day], partitionColumns: ['day'] })
    const file = async (path: string, value: number, more: object) => ({
      add: await table.file(path, { id: longs(value) }, { partitionValues: { day: '2024-01-01' }, ...more }),
    })
    await table.commit(
      await file('a.parquet', 1, {
        stats: '{"numRecords":1,"minValues":{"id":1},"maxValues":{"id":1},"nullCount":{"id":0}}',
      }),
      await file('b.parquet', 5, {
        stats: '{"numRecords":1,"minValues":{"id":5},"maxValues":{"id":5},"nullCount":{"id":0}}',
      }),
      await file('c.parquet', 5, { partitionValues: { day: '2024-01-02' } }),
      await file('d.parquet', 6, {}),
    )
    const both = scanRows(table.store, await table.snapshot(), {
      predicate: {
        op: 'and',
        of: [
          { op: '>', column: 'id', value: 2n },
          { op: '=', column: 'day', value: 19_723 },
        ],
      },
    })
    expect(both.counts).toMatchObject({ filesRead: 2, filesSkipped: 2 })
    expect(await allRows(both.batches)).toEqual([
      [5n, 19_723],
      [6n, 19_723],
    ])
  })

  test('a column that was of floats is not skipped for the digits that its bounds lack', async () => {
    const field = columnField('f', 'double', { 'delta.typeChanges': [{ fromType: 'float', toType: 'double' }] })
    const table = new LogFixture({ fields: [field] })
    const written = new LogFixture({ fields: [columnField('f', 'float')] })
    const add = await written.file(
      'a.parquet',
      { f: Float32Array.of(1.1) },
      { stats: '{"numRecords":1,"minValues":{"f":1.1},"maxValues":{"f":1.1},"nullCount":{"f":0}}' },
    )
    await table.store.put('a.parquet', (await written.store.get('a.parquet')) ?? new Uint8Array())
    await table.commit({ add })
    const scan = scanRows(table.store, await table.snapshot(), { predicate: { op: '>', column: 'f', value: 1.1 } })
    expect(await allRows(scan.batches)).toEqual([[Math.fround(1.1)]])
  })
})

describe('what cannot be read', () => {
  async function broken(change: (table: LogFixture, path: string) => Promise<void>, more: object = {}) {
    const table = new LogFixture({ fields: [id, day], partitionColumns: ['day'] })
    await table.commit()
    const add = {
      ...(await table.file('a.parquet', { id: longs(1, 2) }, { partitionValues: { day: '2024-01-01' } })),
      ...more,
    }
    await table.commit({ add })
    await change(table, 'a.parquet')
    const error: unknown = await allRows(scanRows(table.store, await table.snapshot()).batches).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(DeltaError)
    return { error: error as DeltaError, table }
  }
  const nothing = () => Promise.resolve()

  test.each<[string, string, (table: LogFixture, path: string) => Promise<void>, object]>([
    ['a missing file', 'DELTA_FILE_MISSING', (t, path) => t.store.delete(path), {}],
    ['a damaged file', 'DELTA_BAD_DATA_FILE', (t, path) => t.store.put(path, Buffer.alloc(400, 7)), {}],
    [
      'a file cut short',
      'DELTA_BAD_DATA_FILE',
      async (t, path) => t.store.put(path, ((await t.store.get(path)) ?? new Uint8Array()).slice(0, -9)),
      {},
    ],
    [
      'a partition value of another type',
      'DELTA_BAD_PARTITION_VALUE',
      nothing,
      { partitionValues: { day: 'Tuesday' } },
    ],
    ['no partition value at all', 'DELTA_BAD_PARTITION_VALUE', nothing, { partitionValues: {} }],
  ])('%s: %s names the table, the version and the file', async (_, code, change, more) => {
    const { error, table } = await broken(change, more)
    expect(error).toMatchObject({ code, data: { table: table.store.url, version: 1, file: 'a.parquet' } })
  })

  test('a deletion vector beyond the file’s rows means another file', async () => {
    const { name: path, bytes, vector } = encodeDeletionVector([2])
    const { error } = await broken(t => t.store.put(path, bytes), { deletionVector: vector })
    expect(error.code).toBe('DELTA_BAD_DELETION_VECTOR')
  })

  test('an absolute path elsewhere is refused, and followed where somebody can', async () => {
    const table = new LogFixture({ fields: [id] })
    const add = await table.file('x.parquet', { id: longs(4) })
    const elsewhere = new MemoryStore()
    await elsewhere.put('x y.parquet', (await table.store.get('x.parquet')) ?? new Uint8Array())
    await table.commit({ add: { ...add, path: 'abfss://c@other.dfs.core.windows.net/t/x%20y.parquet' } })
    const snapshot = await table.snapshot()
    await expect(allRows(scanRows(table.store, snapshot).batches)).rejects.toMatchObject({ code: 'DELTA_BAD_PATH' })
    const opened: string[] = []
    const openFolder = (url: string) => {
      opened.push(url)
      return Promise.resolve(elsewhere)
    }
    expect(await allRows(scanRows(table.store, snapshot, { openFolder }).batches)).toEqual([[4n]])
    expect(opened).toEqual(['abfss://c@other.dfs.core.windows.net/t'])
  })

  test('a column that is not there is an error with those that are', async () => {
    const table = new LogFixture({ fields: [id, name] })
    await table.commit()
    const snapshot = await table.snapshot()
    expect(() => scanRows(table.store, snapshot, { columns: ['nope'] })).toThrow(
      /no column nope; the table has: id, name/,
    )
  })

  test('a catalog’s table is refused', async () => {
    const names = ['catalogManaged', 'inCommitTimestamp', 'vacuumProtocolCheck']
    const table = new LogFixture({
      fields: [id],
      protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['catalogManaged'], writerFeatures: names },
    })
    await table.commit()
    const snapshot = await table.snapshot()
    expect(() => scanRows(table.store, snapshot)).toThrow(
      expect.objectContaining({
        code: 'DELTA_UNSUPPORTED_FEATURE',
        data: expect.objectContaining({ features: 'catalogManaged' }) as object,
      }) as Error,
    )
  })

  test('a change of type that is not known is refused, also inside a map', async () => {
    const type = { type: 'map', keyType: 'string', valueType: 'long', valueContainsNull: true } as const
    const table = new LogFixture({
      fields: [
        columnField('m', type, { 'delta.typeChanges': [{ fieldPath: 'value', fromType: 'string', toType: 'long' }] }),
      ],
    })
    await table.commit()
    const snapshot = await table.snapshot()
    expect(() => scanRows(table.store, snapshot)).toThrow(/column m was changed from string to long/)
  })
})
