import { describe, expect, test } from 'vitest'

import { overwriteRows } from '../../../shared/delta/dml/overwriteRows.js'
import { commitInfoOf, readCommitFile } from '../../../shared/delta/log/commit.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import type { Transaction } from '../../../shared/delta/transaction/transaction.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { Row } from '../../../shared/types/index.js'
import { field, struct, WrittenTable } from '../write/writtenTable.js'

const schema = struct(field('p', 'string'), field('id', 'long'))
const row = (p: string, id: number): Row => ({ p, id: BigInt(id) })
const pieces = (...rows: readonly Row[]) => [rowsOf(schema, rows)]
const texts = async (t: WrittenTable) => (await t.rows()).map(r => `${r['p'] as string}${r['id'] as bigint}`).sort()
const feedOf = async (t: WrittenTable, version: number) => {
  const scan = await t.table.changes({ from: version, to: version, columns: ['p', 'id', '_change_type'] })
  const found: string[] = []
  for await (const { rows, columns } of scan.batches)
    for (let i = 0; i < rows; i++)
      found.push(`${columns[2]?.[i] as string} ${columns[0]?.[i] as string}${columns[1]?.[i] as bigint}`)
  return found.sort()
}

async function filled(
  more: {
    readonly partitionColumns?: readonly string[]
    readonly configuration?: Record<string, string>
    readonly protocol?: {
      minReaderVersion: number
      minWriterVersion: number
      readerFeatures?: string[]
      writerFeatures?: string[]
    }
  } = {},
) {
  const t = await WrittenTable.create({ schema, ...more })
  await t.append([row('a', 1), row('a', 2), row('b', 3)])
  return t
}

describe('replacing the whole table', () => {
  test('all that was goes, all that is given comes, in one commit', async () => {
    const t = await filled()
    expect(await overwriteRows(t.table, pieces(row('c', 9)))).toMatchObject({
      kind: 'committed',
      version: 2,
      metrics: { numFiles: 1n, numOutputRows: 1n, numRemovedFiles: 1n },
    })
    expect(await texts(t)).toEqual(['c9'])
    expect(commitInfoOf((await readCommitFile(t.store, 2))?.actions ?? [])).toMatchObject({
      operation: 'WRITE',
      operationParameters: { mode: 'Overwrite', partitionBy: '[]' },
      isBlindAppend: false,
    })
  })

  test('nothing in place of nothing is no commit', async () => {
    const t = await WrittenTable.create({ schema })
    expect(await overwriteRows(t.table, [])).toEqual({ kind: 'nothingToDo', version: 0 })
  })

  test('rows that were added meanwhile go too, and a stream is written only once for that', async () => {
    const t = await filled()
    const table = new DeltaTable(t.store, { clock: t.clock })
    const commit = table.commit.bind(table)
    let attempts = 0
    table.commit = async (transaction: Transaction) => {
      if (attempts++ === 0) await t.append([row('a', 77)])
      return commit(transaction)
    }
    expect(await overwriteRows(table, pieces(row('c', 9))[Symbol.iterator]())).toMatchObject({
      kind: 'committed',
      version: 3,
      metrics: { numRemovedFiles: 2n },
    })
    expect([attempts, await texts(t)]).toEqual([2, ['c9']])
  })

  test('an append-only table keeps its rows, and nothing is written', async () => {
    const t = await WrittenTable.create({ schema, configuration: { 'delta.appendOnly': 'true' } })
    await t.append([row('a', 1)])
    const before = await t.objects()
    await expect(overwriteRows(t.table, pieces(row('c', 9)))).rejects.toMatchObject({ code: 'DELTA_APPEND_ONLY' })
    expect(await t.objects()).toEqual(before)
  })

  test.each(['none', 'name'])(
    'the schema may become another one, under mapping %s; the old one stays for old versions',
    async mode => {
      const t = await WrittenTable.create({
        schema: struct(
          field('id', 'long', {
            metadata: { 'delta.columnMapping.id': 1, 'delta.columnMapping.physicalName': 'col-1' },
          }),
          field('gone', 'long', {
            metadata: { 'delta.columnMapping.id': 2, 'delta.columnMapping.physicalName': 'col-2' },
          }),
        ),
        ...(mode === 'none'
          ? {}
          : {
              configuration: { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '2' },
              protocol: { minReaderVersion: 2, minWriterVersion: 5 },
            }),
      })
      await t.append([{ id: 1n, gone: 2n }])
      const wanted = struct(field('id', 'string'), field('day', 'date'))
      const rows = [rowsOf(wanted, [{ id: 'one', day: 5 }])]
      await expect(overwriteRows(t.table, rows)).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS' })
      expect(await overwriteRows(t.table, rows, { overwriteSchema: true, partitionColumns: ['day'] })).toMatchObject({
        kind: 'committed',
        version: 2,
      })
      const now = await t.snapshot()
      expect(now.schema.fields.map(({ name, type }) => [name, type])).toEqual([
        ['id', 'string'],
        ['day', 'date'],
      ])
      expect(now.metadata.partitionColumns).toEqual(['day'])
      expect(await t.rows()).toEqual([{ id: 'one', day: 5 }])
      const before = await t.table.snapshot({ version: 1 })
      expect(before && (await t.rows(before))).toEqual([{ id: 1n, gone: 2n }])
    },
  )
})

describe('replacing the rows that meet a condition', () => {
  const where = { op: '=', column: 'p', value: 'a' } as const

  test.each<[string[], string]>([
    [['p'], 'whole files'],
    [[], 'rows of a file'],
  ])('partitioned by %j: %s go, others stay', async partitionColumns => {
    const t = await filled({ partitionColumns })
    expect(await overwriteRows(t.table, pieces(row('a', 9)), { where })).toMatchObject({ kind: 'committed' })
    expect(await texts(t)).toEqual(['a9', 'b3'])
    const info = commitInfoOf((await readCommitFile(t.store, 2))?.actions ?? [])
    expect(info?.operationParameters).toMatchObject({
      mode: 'Overwrite',
      predicate: expect.stringMatching(/p/) as string,
    })
  })

  test('a new row outside the condition is refused by name, and leaves no file', async () => {
    const t = await filled()
    const before = await t.objects()
    await expect(overwriteRows(t.table, pieces(row('a', 8), row('b', 9)), { where })).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      message: expect.stringMatching(/row 2 of those written does not meet the condition.*p = "b", id = 9/) as string,
    })
    expect(await t.objects()).toEqual(before)
    expect(await texts(t)).toEqual(['a1', 'a2', 'b3'])
  })

  test.each([
    ['rewriting files', {}, { minReaderVersion: 1, minWriterVersion: 4 }],
    [
      'deletion vectors',
      { 'delta.enableDeletionVectors': 'true' },
      {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors'],
        writerFeatures: ['deletionVectors', 'changeDataFeed'],
      },
    ],
  ])(
    'with %s, the change feed shows what went and what came, and not what stayed',
    async (_how, configuration, protocol) => {
      const t = await filled({ configuration: { ...configuration, 'delta.enableChangeDataFeed': 'true' }, protocol })
      expect(await overwriteRows(t.table, pieces(row('a', 9)), { where })).toMatchObject({
        kind: 'committed',
        version: 2,
      })
      expect(await texts(t)).toEqual(['a9', 'b3'])
      expect(await feedOf(t, 2)).toEqual(['delete a1', 'delete a2', 'insert a9'])
    },
  )

  test('the schema of rows that stay cannot become another', async () => {
    const t = await filled()
    await expect(overwriteRows(t.table, [], { where, overwriteSchema: true })).rejects.toMatchObject({
      code: 'DELTA_INCOMPATIBLE_SCHEMA',
    })
  })
})
