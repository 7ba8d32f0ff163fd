import { describe, expect, test } from 'vitest'

import { appendRows } from '../../../shared/delta/dml/appendRows.js'
import { commitInfoOf, readCommitFile } from '../../../shared/delta/log/commit.js'
import { formatSchema } from '../../../shared/delta/schema/schema.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import type { Rows } from '../../../shared/delta/write/rows.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import { type Fault, Faults, FaultyStore, type StorageOperation } from '../../../shared/storage/faults/index.js'
import { field, struct, WrittenTable } from '../write/writtenTable.js'

const schema = struct(field('id', 'long'), field('name', 'string'))
const pieces = (...ids: readonly number[]): Rows[] => [
  rowsOf(
    schema,
    ids.map(id => ({ id: BigInt(id), name: `n${id}` })),
  ),
]
const ids = async (t: WrittenTable) => (await t.rows()).map(({ id }) => Number(id)).sort((a, b) => a - b)

/** Commits something just before the first commit of the table under test. */
async function interrupted(t: WrittenTable, first: () => Promise<unknown>): Promise<DeltaTable> {
  const table = new DeltaTable(t.store, { clock: t.clock })
  const commit = table.commit.bind(table)
  let done = false
  table.commit = async transaction => {
    if (!done) {
      done = true
      await first()
    }
    return commit(transaction)
  }
  return Promise.resolve(table)
}

describe('appending rows', () => {
  test('says in the log what Spark says, and counts exactly', async () => {
    const t = await WrittenTable.create({ schema })
    expect(await appendRows(t.table, pieces(1, 2, 3), { info: { userMetadata: 'mine' } })).toMatchObject({
      kind: 'committed',
      version: 1,
      metrics: { numFiles: 1n, numOutputRows: 3n },
    })
    expect(commitInfoOf((await readCommitFile(t.store, 1))?.actions ?? [])).toMatchObject({
      operation: 'WRITE',
      operationParameters: { mode: 'Append', partitionBy: '[]' },
      isBlindAppend: true,
      isolationLevel: 'Serializable',
      userMetadata: 'mine',
      operationMetrics: { numFiles: '1', numOutputRows: '3' },
    })
    expect(await ids(t)).toEqual([1, 2, 3])
  })

  test('no rows are no commit, but a transaction of none is remembered, and is never applied twice', async () => {
    const t = await WrittenTable.create({ schema })
    expect(await appendRows(t.table, [])).toEqual({ kind: 'nothingToDo', version: 0 })
    const txn = { appId: 'job', version: 7n }
    expect(await appendRows(t.table, [], { txn })).toMatchObject({ kind: 'committed', version: 1 })
    expect(await appendRows(t.table, pieces(1), { txn })).toEqual({ kind: 'alreadyApplied', version: 1 })
    expect(await appendRows(t.table, pieces(2), { txn: { ...txn, version: 8n } })).toMatchObject({ kind: 'committed' })
    expect(await ids(t)).toEqual([2])
  })

  test('a twin that commits the same transaction first wins, and leaves nothing of ours behind', async () => {
    const t = await WrittenTable.create({ schema })
    const txn = { appId: 'job', version: 7n }
    const table = await interrupted(t, () => appendRows(t.table, pieces(1), { txn }))
    expect(await appendRows(table, pieces(1), { txn })).toMatchObject({ kind: 'alreadyApplied' })
    expect(await ids(t)).toEqual([1])
    expect(await t.objects()).toHaveLength(1)
  })

  test('a stream is written once, whatever others append meanwhile', async () => {
    const t = await WrittenTable.create({ schema })
    const table = await interrupted(t, () => t.append([{ id: 9n }]))
    let reads = 0
    async function* stream() {
      reads++
      yield* pieces(1)
      await Promise.resolve()
      yield* pieces(2)
    }
    expect(await appendRows(table, stream())).toMatchObject({ kind: 'committed', version: 2 })
    expect(reads).toBe(1)
    expect(await ids(t)).toEqual([1, 2, 9])
    expect(await t.objects()).toHaveLength(2)
  })

  test.each(['array', 'function', 'stream'])(
    'rows from %s, when a column was added meanwhile, are rewritten or are a conflict',
    async kind => {
      const t = await WrittenTable.create({ schema })
      const table = await interrupted(t, async () => {
        const { metadata } = await t.snapshot()
        await t.commit([
          {
            metaData: {
              ...metadata,
              schemaString: formatSchema(struct(...schema.fields, field('p', 'string'))),
              partitionColumns: ['p'],
            },
          },
        ])
      })
      const source =
        kind === 'array'
          ? pieces(1)
          : kind === 'function'
            ? () => pieces(1)[Symbol.iterator]()
            : pieces(1)[Symbol.iterator]()
      const outcome = await appendRows(table, source)
      if (kind === 'stream') {
        expect(outcome).toMatchObject({ kind: 'conflict', reason: 'metadataChanged' })
        expect(await t.objects()).toEqual([])
      } else {
        expect(outcome).toMatchObject({ kind: 'committed', version: 2 })
        expect((await t.snapshot()).files.map(({ partitionValues }) => partitionValues)).toEqual([{ p: null }])
        expect(await t.objects()).toHaveLength(1)
      }
    },
  )

  test('a bad row in a later piece leaves neither rows nor files', async () => {
    const t = await WrittenTable.create({ schema })
    const bad = [...pieces(1), { count: 1, columns: [{ field: field('id', 'long'), data: ['x'] }] }]
    await expect(appendRows(t.table, bad)).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      message: expect.stringMatching(/column id \(long\) cannot hold "x" \(string\), row 2 of those written/) as string,
    })
    expect(await t.objects()).toEqual([])
    expect((await t.snapshot()).version).toBe(0)
  })

  test('there is no table', async () => {
    const t = new WrittenTable()
    expect(await appendRows(t.table, pieces(1))).toEqual({ kind: 'noTable' })
  })
})

describe('storage that fails', () => {
  const partitioned = struct(field('p', 'integer'), field('id', 'long'))
  const rows = Array.from({ length: 6 }, (_, i) =>
    rowsOf(partitioned, [
      { p: i % 3, id: BigInt(i) },
      { p: 7, id: BigInt(10 + i) },
    ]),
  )

  test.each<[StorageOperation, Fault['kind'], number]>(
    (['create', 'write', 'close'] as const).flatMap(on =>
      (['fail', 'loseAnswer'] as const).flatMap(kind =>
        [0, 1, 3].map((after): [StorageOperation, Fault['kind'], number] => [on, kind, after]),
      ),
    ),
  )('%s with %s after %i calls: nothing is added, and no file is left', async (on, kind, after) => {
    const t = await WrittenTable.create({ schema: partitioned, partitionColumns: ['p'] })
    const faults = new Faults()
    faults.add({ on, fault: { kind } as Fault, after })
    const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
    await expect(appendRows(table, rows)).rejects.toMatchObject({ name: 'StorageError' })
    expect(faults.struck).toBe(1)
    expect(await t.objects()).toEqual([])
    expect((await t.snapshot()).version).toBe(0)
    expect(await appendRows(table, rows)).toMatchObject({ kind: 'committed', version: 1 })
    expect(await t.rows()).toHaveLength(12)
  })

  test.each(['loseAnswer', 'meetOwnWrite', 'fail'] as const)('a commit with %s adds the rows once', async kind => {
    const t = await WrittenTable.create({ schema: partitioned, partitionColumns: ['p'] })
    const faults = new Faults()
    faults.add({ on: 'putIfAbsent', fault: { kind } })
    const table = new DeltaTable(new FaultyStore(t.store, faults, t.clock), { clock: t.clock })
    expect(await appendRows(table, rows)).toMatchObject({ kind: 'committed', version: 1 })
    expect([await t.rows(), faults.struck]).toMatchObject([{ length: 12 }, 1])
  })
})

describe('merging schemas', () => {
  const wider = struct(field('ID', 'long'), field('extra', struct(field('x', 'integer'))))
  const wide = rowsOf(wider, [{ ID: 1n, extra: { x: 5 } }])

  test('adds the columns in the same commit; without it they are refused', async () => {
    const t = await WrittenTable.create({ schema })
    await expect(appendRows(t.table, [wide])).rejects.toThrow(/column extra is not a column of the table/)
    await appendRows(t.table, pieces(0))
    expect(await appendRows(t.table, [...pieces(7), wide], { mergeSchema: true })).toMatchObject({
      kind: 'committed',
      version: 2,
      metrics: { numOutputRows: 2n },
    })
    expect(await t.rows()).toEqual(
      expect.arrayContaining([
        { id: 0n, name: 'n0', extra: null },
        { id: 7n, name: 'n7', extra: null },
        { id: 1n, name: null, extra: { x: 5 } },
      ]),
    )
  })

  test.each(['name', 'id'])(
    'gives the new columns of a table mapped by %s ids and physical names, inside structs too',
    async mode => {
      const t = await WrittenTable.create({
        schema: struct(
          field('id', 'long', {
            metadata: { 'delta.columnMapping.id': 3, 'delta.columnMapping.physicalName': 'col-a' },
          }),
        ),
        configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '5' },
        protocol: { minReaderVersion: 2, minWriterVersion: 5 },
      })
      await appendRows(t.table, [wide], { mergeSchema: true })
      const { schema: now, metadata } = await t.snapshot()
      expect(metadata.configuration['delta.columnMapping.maxColumnId']).toBe('7')
      expect(now.fields.map(({ name, metadata: m }) => [name, m?.['delta.columnMapping.id']])).toEqual([
        ['id', 3],
        ['extra', 6],
      ])
      expect(JSON.stringify(now)).toMatch(/"x".*"delta.columnMapping.id":7/)
      expect(await t.rows()).toEqual([{ id: 1n, extra: { x: 5 } }])
    },
  )

  test('keeps a column that may not be null as it is, though the rows would allow null', async () => {
    const strict = struct(field('id', 'long', { nullable: false }))
    const t = await WrittenTable.create({ schema: strict })
    expect(await appendRows(t.table, [wide], { mergeSchema: true })).toMatchObject({ kind: 'committed' })
    expect((await t.snapshot()).schema.fields[0]?.nullable).toBe(false)
    const without = rowsOf(struct(field('more', 'long')), [{ more: 1n }])
    await expect(appendRows(t.table, [without], { mergeSchema: true })).rejects.toThrow(/column id may not be null/)
  })

  test('another type is refused, unless the table widens types; old files stay readable', async () => {
    const t = await WrittenTable.create({
      schema: struct(field('id', 'integer')),
      configuration: { 'delta.enableTypeWidening': 'true' },
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['typeWidening'],
        writerFeatures: ['typeWidening'],
      },
    })
    await t.append([{ id: 1 }])
    expect(
      await appendRows(t.table, [rowsOf(struct(field('id', 'long')), [{ id: 2n ** 40n }])], { mergeSchema: true }),
    ).toMatchObject({ kind: 'committed' })
    expect(await t.rows()).toEqual(expect.arrayContaining([{ id: 1n }, { id: 2n ** 40n }]))
    await expect(
      appendRows(t.table, [rowsOf(struct(field('id', 'string')), [{ id: 'a' }])], { mergeSchema: true }),
    ).rejects.toMatchObject({ code: 'DELTA_INCOMPATIBLE_SCHEMA' })
  })
})
