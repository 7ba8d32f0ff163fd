import { describe, expect, test } from 'vitest'

import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { keptFeatures } from '../../../shared/delta/protocol/features.js'
import type { Expressions } from '../../../shared/delta/write/expressions.js'
import { rowsOf, TableWriter, writtenFeatures } from '../../../shared/delta/write/tableWriter.js'
import { bufferSource, openParquet } from '../../../shared/parquet/index.js'
import type { Column, Row, StructField, StructType, Value } from '../../../shared/types/index.js'
import { field, struct, WrittenTable } from './writtenTable.js'

const mappedId = (id: number, physical: string) => ({
  metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': physical },
})
const mapping = (mode: string) => ({
  configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '20' },
  protocol: { minReaderVersion: 2, minWriterVersion: 5 },
})

/** Evaluates `column > number` without an engine. */
const greaterThan: Expressions = {
  test: (rows, condition) => {
    const [name = '', , limit = ''] = condition.split(' ')
    const data = rows.columns.find(column => column.field.name === name)?.data ?? []
    return Promise.resolve(
      Uint8Array.from({ length: rows.count }, (_, i) => Number(data[i] !== null && Number(data[i]) > Number(limit))),
    )
  },
  evaluate: () => Promise.reject(new Error('not asked for')),
  prune: () => Promise.resolve(undefined),
}

describe('rows in, rows out', () => {
  test('partitions of every type, with values that paths and logs garble, come back as they were', async () => {
    const types: readonly [string, StructField['type'], readonly Value[]][] = [
      ['s', 'string', ['a/b', 'ä é', '100% "sure"', '=', 'null', null, '__HIVE_DEFAULT_PARTITION__']],
      ['b', 'boolean', [true, false, true, null, false, true, false]],
      ['i', 'integer', [-1, 0, 2 ** 31 - 1, null, 5, 6, 7]],
      ['l', 'long', [-(2n ** 63n), 2n ** 63n - 1n, 0n, null, 1n, 2n, 3n]],
      ['d', 'double', [0.1, -0, 1e300, null, NaN, Infinity, 5]],
      ['m', { type: 'decimal', precision: 38, scale: 2 }, [10n ** 37n, -1n, 0n, null, 1n, 2n, 3n]],
      ['t', 'date', [0, -719162, 2932896, null, 1, 2, 3]],
      ['z', 'timestamp', [0n, -1n, 253402300799999999n, null, 1n, 2n, 3n]],
      ['n', 'timestamp_ntz', [0n, -1n, 253402300799999999n, null, 1n, 2n, 3n]],
      [
        'x',
        'binary',
        [
          Buffer.from('a'),
          Buffer.from('ö'),
          Buffer.from('%'),
          null,
          Buffer.from('2'),
          Buffer.from('3'),
          Buffer.from('4'),
        ].map(bytes => bytes && new Uint8Array(bytes)),
      ],
    ]
    const schema = struct(...types.map(([name, type]) => field(name, type)), field('v', 'long'))
    const t = await WrittenTable.create({
      schema,
      partitionColumns: types.map(([name]) => name),
    })
    const rows = Array.from({ length: 7 }, (_, i) =>
      Object.fromEntries([
        ...types.map(([name, , values]): [string, Value] => [name, values[i] ?? null]),
        ['v', BigInt(i)],
      ]),
    )
    await t.append(rows)
    expect(await t.rows()).toEqual(rows)
    expect((await t.snapshot()).files).toHaveLength(7)
  })

  test('the empty text of a partition column is null, and cannot get past a column that may not be null', async () => {
    const t = await WrittenTable.create({
      schema: struct(field('p', 'string'), field('v', 'long')),
      partitionColumns: ['p'],
    })
    await t.append([
      { p: '', v: 1n },
      { p: null, v: 2n },
    ])
    expect((await t.snapshot()).files.map(({ partitionValues }) => partitionValues)).toEqual([{ p: null }])
    const strict = await WrittenTable.create({
      schema: struct(field('p', 'string', { nullable: false }), field('v', 'long')),
      partitionColumns: ['p'],
    })
    await expect(
      strict.append([
        { p: 'a', v: 1n },
        { p: '', v: 1n },
      ]),
    ).rejects.toThrow(/column p may not be null in the table, and is empty.*row 2/)
  })

  test.each(['name', 'id'])(
    'mapped by %s: nested fields stand under physical names and ids, also in statistics and partition values',
    async mode => {
      const schema: StructType = struct(
        field('My Part', 'string', mappedId(1, 'col-1')),
        field(
          'Some Struct',
          struct(
            field('an Id', 'long', mappedId(3, 'col-3')),
            field('inner', struct(field('x', 'string', mappedId(5, 'col-5'))), mappedId(4, 'col-4')),
          ),
          mappedId(2, 'col-2'),
        ),
        field(
          'list',
          { type: 'array', elementType: struct(field('in list', 'integer', mappedId(7, 'col-7'))), containsNull: true },
          mappedId(6, 'col-6'),
        ),
        field(
          'map',
          {
            type: 'map',
            keyType: 'string',
            valueType: struct(field('in map', 'double', mappedId(9, 'col-9'))),
            valueContainsNull: true,
          },
          mappedId(8, 'col-8'),
        ),
      )
      const t = await WrittenTable.create({ schema, partitionColumns: ['My Part'], ...mapping(mode) })
      const rows = [
        {
          'My Part': 'a',
          'Some Struct': { 'an Id': 7n, inner: { x: 'y' } },
          list: [{ 'in list': 1 }, null],
          map: [{ key: 'k', value: { 'in map': 1.5 } }],
        },
        { 'My Part': 'a', 'Some Struct': null, list: null, map: [] },
      ]
      await t.append(rows)
      expect(await t.rows()).toEqual(rows)
      const [add] = (await t.snapshot()).files
      expect(add?.partitionValues).toEqual({ 'col-1': 'a' })
      expect(JSON.parse(add?.stats ?? '')).toEqual({
        numRecords: 2,
        minValues: { 'col-2': { 'col-3': 7, 'col-4': { 'col-5': 'y' } } },
        maxValues: { 'col-2': { 'col-3': 7, 'col-4': { 'col-5': 'y' } } },
        nullCount: { 'col-2': { 'col-3': 1, 'col-4': { 'col-5': 1 } }, 'col-6': 1, 'col-8': 0 },
      })
      await t.append(rows)
      await optimizeTable(t.table, { clock: t.clock })
      expect((await t.snapshot()).files).toHaveLength(1)
      expect(await t.rows()).toEqual([...rows, ...rows])
      const file = await openParquet(bufferSource((await t.store.get(add?.path ?? '')) ?? new Uint8Array()))
      expect(JSON.stringify(file.fields)).toMatch(
        /"col-2".*"col-3".*"col-4".*"col-5".*"col-6".*"col-7".*"col-8".*"col-9"/,
      )
      expect(file.fields.map(f => f.metadata?.['delta.columnMapping.id'])).toEqual([2, 6, 8])
    },
  )
})

describe('rows that do not fit', () => {
  const schema = struct(
    field('id', 'long', { nullable: false }),
    field('n', 'byte'),
    field('m', { type: 'decimal', precision: 4, scale: 2 }),
    field('s', struct(field('x', 'string', { nullable: false }))),
    field('l', { type: 'array', elementType: 'integer', containsNull: false }),
    field('nothing', 'void'),
    field('dflt', 'long', { metadata: { CURRENT_DEFAULT: '7' } }),
  )
  const good = { id: 1n, n: 1, m: 1n, s: { x: 'a' }, l: [1], dflt: null }

  test.each<[RegExp, Row]>([
    [/column id may not be null in the table, and is in the rows, row 2/, { ...good, id: null }],
    [/column id \(long\) cannot hold 1 \(number\), row 2/, { ...good, id: 1 }],
    [/column id \(long\) cannot hold 9223372036854775808 \(bigint\), row 2/, { ...good, id: 2n ** 63n }],
    [/column n \(byte\) cannot hold 128 \(number\), row 2/, { ...good, n: 128 }],
    [/column m \(decimal\(4,2\)\) cannot hold 10000 \(bigint\), row 2/, { ...good, m: 10_000n }],
    [/column s.x may not be null in the table, and is in the rows, row 2/, { ...good, s: {} }],
    [/column s.y is not a field of the rows' own type, row 2/, { ...good, s: { x: 'a', y: 1 } }],
    [/column l.element may not be null in the table, and is in the rows, row 2/, { ...good, l: [1, null] }],
    [/column l.element \(integer\) cannot hold "1" \(string\), row 2/, { ...good, l: ['1'] }],
    [/column nothing \(void\) cannot hold 1 \(number\), row 2/, { ...good, nothing: 1 }],
    [/column other is not a column of the table/, { ...good, other: 1 }],
  ])('%s', async (message, row) => {
    const t = await WrittenTable.create({
      schema,
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['allowColumnDefaults'] },
    })
    await expect(t.append([good, row])).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      message: expect.stringMatching(message) as string,
    })
    expect(await t.objects()).toEqual([])
    await t.append([good])
    expect(await t.rows()).toEqual([{ ...good, nothing: null }])
  })

  test('columns of another type, of the wrong length, or standing twice', async () => {
    const t = await WrittenTable.create({ schema: struct(field('id', 'long'), field('u', 'timestamp')) })
    const writer = new TableWriter(t.store, await t.snapshot())
    const write = (...columns: Column[]) => writer.write({ count: 1, columns })
    await expect(write({ field: field('id', 'integer'), data: [1] })).rejects.toThrow(
      /column id is long in the table and integer in the rows/,
    )
    await expect(write({ field: field('id', 'long'), data: [] })).rejects.toThrow(
      /column id has 0 values, and there are 1 rows/,
    )
    await expect(
      write({ field: field('id', 'long'), data: [1n] }, { field: field('ID', 'long'), data: [1n] }),
    ).rejects.toThrow(/column ID stands twice/)
    await expect(write({ field: field('id', 'long'), data: Float64Array.of(1) })).rejects.toThrow(
      /column id is long, which a Float64Array does not hold/,
    )
    await write({ field: field('U', 'timestamp'), data: BigInt64Array.of(5n) })
    expect(await writer.finish()).toHaveLength(1)
    // What was refused is not in the file.
    await expect(t.append([{ id: 1n, u: 5 }])).rejects.toThrow(/column u \(timestamp\) cannot hold 5/)
  })

  test('a column with a default must be given, because it is not evaluated here', async () => {
    const t = await WrittenTable.create({
      schema,
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['allowColumnDefaults'] },
    })
    await expect(t.append([{ id: 1n }])).rejects.toThrow(/column dflt has a default \("7"\)/)
  })
})

describe('conditions that every row must meet', () => {
  const schema = struct(
    field('id', 'long'),
    field('n', 'long', { metadata: { 'delta.invariants': '{"expression":{"expression":"n > 3"}}' } }),
  )
  const constrained = { schema, configuration: { 'delta.constraints.positive': 'id > 0' } }
  const versions = (minWriterVersion: number, ...writerFeatures: string[]) => ({
    protocol: { minReaderVersion: 1, minWriterVersion, ...(minWriterVersion === 7 ? { writerFeatures } : {}) },
  })

  test('a violated check names itself, its expression and the row; null violates, too', async () => {
    const t = await WrittenTable.create({ ...constrained, ...versions(3) })
    await expect(
      t.append(
        [
          { id: 1n, n: 4n },
          { id: 0n, n: 5n },
        ],
        { expressions: greaterThan },
      ),
    ).rejects.toMatchObject({
      code: 'DELTA_CONSTRAINT_VIOLATED',
      message: expect.stringMatching(
        /CHECK constraint positive \(id > 0\) is violated by row 2 of those written: id = 0, n = 5/,
      ) as string,
    })
    await expect(t.append([{ id: null, n: 4n }], { expressions: greaterThan })).rejects.toMatchObject({
      code: 'DELTA_CONSTRAINT_VIOLATED',
    })
    await expect(t.append([{ id: 1n, n: 3n }], { expressions: greaterThan })).rejects.toThrow(
      /the invariant of column n \(n > 3\) is violated by row 1/,
    )
    expect(await t.objects()).toEqual([])
    await t.append([{ id: 1n, n: 4n }], { expressions: greaterThan })
    expect(await t.rows()).toEqual([{ id: 1n, n: 4n }])
  })

  test.each([
    [versions(3), ['checkConstraints', 'invariants']],
    [versions(7, 'checkConstraints'), ['checkConstraints']],
    [versions(2), ['invariants']],
  ])('without an engine such a table is refused before anything is written: %j', async (protocol, names) => {
    const t = await WrittenTable.create({ ...constrained, ...protocol })
    const error: unknown = await t.append([{ id: 1n, n: 4n }]).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'DELTA_UNSUPPORTED_FEATURE' })
    for (const name of names) expect((error as Error).message).toContain(name)
    expect((error as Error).message).toMatch(/pass `expressions`/)
  })

  test('what the protocol does not speak of is not enforced', async () => {
    const t = await WrittenTable.create({ ...constrained, ...versions(7) })
    await t.append([{ id: 0n, n: 0n }])
    expect(await t.rows()).toHaveLength(1)
  })

  test.each([
    ['generatedColumns', versions(4), { 'delta.generationExpression': 'id + 1' }],
    ['identityColumns', versions(6), { 'delta.identity.start': 1 }],
  ])('%s are refused by name', async (name, protocol, metadata) => {
    const t = await WrittenTable.create({ schema: struct(field('id', 'long', { metadata })), ...protocol }).catch(
      (e: unknown) => e,
    )
    expect(t).toMatchObject({ code: 'DELTA_UNSUPPORTED_FEATURE', message: expect.stringContaining(name) as string })
  })

  test('writtenFeatures leaves the constraints to who can evaluate them', () => {
    expect(writtenFeatures({ expressions: greaterThan })).toEqual(keptFeatures)
    expect(keptFeatures.filter(name => !writtenFeatures({}).includes(name))).toEqual(['invariants', 'checkConstraints'])
  })
})

describe('many rows', () => {
  test('files end at the target size, and hold all rows', async () => {
    const t = await WrittenTable.create({
      schema: struct(field('id', 'long'), field('text', 'string')),
      configuration: { 'delta.targetFileSize': '10kb' },
    })
    const writer = new TableWriter(t.store, await t.snapshot())
    const count = 20_000
    const text = Array.from({ length: count }, (_, i) => `row ${(i * 2_654_435_761) % 2 ** 32}`)
    await writer.write({
      count,
      columns: [
        { field: field('id', 'long'), data: BigInt64Array.from({ length: count }, (_, i) => BigInt(i)) },
        { field: field('text', 'string'), data: text },
      ],
    })
    const adds = await writer.finish()
    expect(adds.length).toBeGreaterThan(5)
    for (const { size } of adds) expect(size).toBeLessThan(40_000)
    await t.commit(adds.map(add => ({ add })))
    expect((await t.rows()).map(({ text: value }) => value)).toEqual(text)
  })

  test('more partitions than files may be open lose nothing, and an abort leaves nothing', async () => {
    const t = await WrittenTable.create({
      schema: struct(field('p', 'integer'), field('id', 'long')),
      partitionColumns: ['p'],
    })
    const snapshot = await t.snapshot()
    const writer = new TableWriter(t.store, snapshot, { targetFileSize: 50 })
    const rows = Array.from({ length: 3000 }, (_, i) => ({ p: i % 150, id: BigInt(i) }))
    for (let from = 0; from < rows.length; from += 500)
      await writer.write(rowsOf(snapshot.schema, rows.slice(from, from + 500)))
    await t.commit((await writer.finish()).map(add => ({ add })))
    expect((await t.rows()).map(({ id }) => id).sort((a, b) => Number((a as bigint) - (b as bigint)))).toEqual(
      rows.map(({ id }) => id),
    )
    const left = await t.objects()
    const other = new TableWriter(t.store, snapshot, { targetFileSize: 50 })
    await other.write(rowsOf(snapshot.schema, rows))
    expect((await t.objects()).length).toBeGreaterThan(left.length)
    await other.abort()
    expect(await t.objects()).toEqual(left)
  })

  test('a table without a column that a file could hold is refused, instead of losing its rows', async () => {
    const t = await WrittenTable.create({
      schema: struct(field('p', 'string'), field('nothing', 'void')),
      partitionColumns: ['p'],
    })
    await expect(t.append([{ p: 'a' }])).rejects.toMatchObject({ code: 'DELTA_BAD_SCHEMA' })
  })

  test('no rows are no file', async () => {
    const t = await WrittenTable.create({ schema: struct(field('id', 'long')) })
    const writer = new TableWriter(t.store, await t.snapshot())
    await writer.write({ count: 0, columns: [] })
    expect(await writer.finish()).toEqual([])
    expect(await t.objects()).toEqual([])
  })

  test('partition columns stand in the files too where the table wants that, and are read from the log', async () => {
    const t = await WrittenTable.create({
      schema: struct(field('p', 'string'), field('id', 'long')),
      partitionColumns: ['p'],
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['materializePartitionColumns'] },
    })
    await t.append([
      { p: 'a', id: 1n },
      { p: null, id: 2n },
    ])
    await t.append([{ p: 'a', id: 3n }])
    await optimizeTable(t.table, { clock: t.clock })
    expect(await t.rows()).toEqual(
      expect.arrayContaining([
        { p: 'a', id: 1n },
        { p: null, id: 2n },
        { p: 'a', id: 3n },
      ]),
    )
    for (const { path, stats } of (await t.snapshot()).files) {
      const file = await openParquet(bufferSource((await t.store.get(path)) ?? new Uint8Array()))
      expect(file.fields.map(({ name }) => name)).toEqual(['p', 'id'])
      expect(stats).not.toContain('"p"')
    }
  })
})
