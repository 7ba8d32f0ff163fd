import { describe, expect, test } from 'vitest'

import { mergeRows, updateRows } from '../../../shared/delta/dml/index.js'
import type { Rows, StoredRows } from '../../../shared/delta/write/rows.js'
import { rowsOf, TableWriter } from '../../../shared/delta/write/tableWriter.js'
import { bufferSource, openParquet, Utf8Column } from '../../../shared/parquet/index.js'
import type { Row, StructType } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { field, struct, WrittenTable } from './writtenTable.js'

/** The rows with every column of strings as UTF-8. */
function asUtf8(rows: Rows): StoredRows {
  return {
    count: rows.count,
    columns: rows.columns.map(({ field, data }) => {
      const strings = field.type === 'string' ? Utf8Column.ofStrings(data as readonly (string | null)[]) : undefined
      return { field, data: strings ?? data }
    }),
  }
}

async function append(t: WrittenTable, rows: StoredRows): Promise<void> {
  const writer = new TableWriter(t.store, await t.snapshot(), { clock: t.clock })
  try {
    await writer.write(rows)
    await t.commit((await writer.finish()).map(add => ({ add })))
  } catch (error) {
    await writer.abort()
    throw error
  }
}

const anyText = (random: Random) => random.pick([null, '', 'click', 'ключ', '🦊', '\ud800', random.text(9)])

function anyRows(random: Random, count: number): readonly Row[] {
  return Array.from({ length: count }, (_, id) => ({
    id: BigInt(id),
    name: anyText(random),
    part: random.pick(['', null, 'a', 'ä']),
    code: random.pick([null, 'ab', 'ab   ']),
  }))
}

const schema: StructType = struct(
  field('id', 'long'),
  field('name', 'string'),
  field('part', 'string'),
  field('code', 'string', { metadata: { __CHAR_VARCHAR_TYPE_STRING: 'varchar(2)' } }),
)

describe('strings that the caller has as UTF-8', () => {
  test('make the rows and statistics that strings make, partitions and limits of characters included', async () => {
    for (let round = 0; round < 10; round++) {
      const random = new Random(new Random().below(2 ** 31) + round)
      const rows = rowsOf(schema, anyRows(random, 50))
      const [plain, stored] = await Promise.all(
        [rows, asUtf8(rows)].map(async some => {
          const t = await WrittenTable.create({ schema, partitionColumns: ['part'] })
          await append(t, some)
          const { files } = await t.snapshot()
          return {
            rows: await t.rows(),
            files: files.map(({ partitionValues, stats }) => ({ partitionValues, stats })),
          }
        }),
      )
      expect(stored, seedNote).toEqual(plain)
    }
  })

  test('are refused where strings would be: null where none may be, too long, of another type', async () => {
    const strict = struct(field('id', 'long'), field('name', 'string', { nullable: false }))
    const t = await WrittenTable.create({ schema: strict })
    const nullName = asUtf8(
      rowsOf(strict, [
        { id: 1n, name: 'a' },
        { id: 2n, name: null },
      ]),
    )
    await expect(append(t, nullName)).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      data: { column: 'name', row: 2 },
    })
    const parted = await WrittenTable.create({ schema: strict, partitionColumns: ['name'] })
    const empty = asUtf8(rowsOf(strict, [{ id: 1n, name: '' }]))
    await expect(append(parted, empty)).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS', data: { column: 'name' } })
    const limited = await WrittenTable.create({ schema })
    const tooLong = asUtf8(rowsOf(schema, [{ id: 1n, code: 'abc' }]))
    await expect(append(limited, tooLong)).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS', data: { row: 1 } })
    const strings = Utf8Column.ofStrings(['1', '2'])
    if (strings === undefined) throw new Error('too many')
    const wrong = { count: 2, columns: [{ field: field('id', 'long'), data: strings }] }
    await expect(append(t, wrong)).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS', data: { column: 'id' } })
    expect(await t.objects()).toEqual([])
  })

  test('mixed with strings in one row group are all there, in their order', async () => {
    const plain = struct(field('id', 'long'), field('name', 'string'))
    const t = await WrittenTable.create({ schema: plain })
    const writer = new TableWriter(t.store, await t.snapshot(), { clock: t.clock })
    await writer.write(rowsOf(plain, [{ id: 1n, name: 'ä' }]))
    await writer.write(
      asUtf8(
        rowsOf(plain, [
          { id: 2n, name: null },
          { id: 3n, name: '🦊' },
        ]),
      ),
    )
    await t.commit((await writer.finish()).map(add => ({ add })))
    expect((await t.rows()).map(({ name }) => name)).toEqual(['ä', null, '🦊'])
  })
})

describe('rows that stay, in a file of which others change', () => {
  const plain = struct(field('id', 'long'), field('name', 'string'), field('kind', 'string'))

  test('keep their strings by an update and a merge, whatever is in them, and few values stay a dictionary', async () => {
    const random = new Random()
    const rows = Array.from({ length: 3_000 }, (_, id): Row => ({
      id: BigInt(id),
      // Of so many different texts there is no dictionary.
      name: random.below(9) === 0 ? null : `${id} ${anyText(random)?.toWellFormed() ?? ''}`,
      kind: random.pick(['view', 'click', null]),
    }))
    const t = await WrittenTable.create({ schema: plain })
    await append(t, rowsOf(plain, rows))
    await updateRows(t.table, { set: { kind: { value: 'late' } }, where: { op: '=', column: 'id', value: 7n } })
    const source = rowsOf(plain, [
      { id: 9n, name: '中', kind: null },
      { id: 5_000n, name: null, kind: 'new' },
    ])
    await mergeRows(t.table, [asUtf8(source)], { on: ['id'] })
    const expected = rows.map(row => (row['id'] === 7n ? { ...row, kind: 'late' } : row))
    expected[9] = { id: 9n, name: '中', kind: null }
    expected.push({ id: 5_000n, name: null, kind: 'new' })
    const found = (await t.rows()).toSorted((a, b) => Number(a['id']) - Number(b['id']))
    expect(found, seedNote).toEqual(expected)
    const { files } = await t.snapshot()
    const largest = files.reduce((most, file) => (file.size > most.size ? file : most))
    const bytes = await t.store.get(largest.path)
    const parquet = await openParquet(bufferSource(bytes ?? new Uint8Array()))
    const kinds = parquet.layout().groups[0]?.chunks[2]
    expect(kinds?.dictionary_page_offset).toBeDefined()
  })
})
