import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import { openExpressions } from '../../../shared/query/spark/index.js'
import { columnField } from '../logFixture.js'
import { ChangeFixture, mappedField } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('the "name"', 'string')
const price = columnField('price', { type: 'decimal', precision: 20, scale: 2 })
const at = columnField('at', 'timestamp')
const day = columnField('day', 'date')
const s = columnField('s', { type: 'struct', fields: [mappedField(columnField('x', 'integer'), 9)] })
const fields = [id, name, price, at, day, s]
const vectors = { 'delta.enableDeletionVectors': 'true' }
const rows = Array.from({ length: 8 }, (_, i) => ({
  id: BigInt(i),
  'the "name"': i === 3 ? null : `n${i}`,
  price: 12345678901234567000n + BigInt(i),
  at: 1_700_000_000_000_000n + BigInt(i),
  day: 19_000 + (i % 2),
  s: i === 4 ? null : { x: i },
}))

describe('changes by SQL', () => {
  let expressions: ReturnType<typeof openExpressions>
  beforeAll(() => {
    expressions = openExpressions()
  })
  afterAll(() => expressions[Symbol.asyncDispose]())

  const made = async (configuration: Record<string, string> = {}) => {
    const table = await ChangeFixture.create({
      fields: fields.map((field, i) => mappedField(field, i + 1)),
      partitionColumns: ['day'],
      configuration: { 'delta.columnMapping.mode': 'name', ...configuration },
    })
    await table.append(rows, { files: [4, 4] })
    return table
  }
  const ids = async (table: ChangeFixture) => (await table.rows()).map(([key]) => Number(key))

  test('see every column, under its name, exactly as it is, and the row as a whole', async () => {
    const conditions: readonly (readonly [string, readonly number[]])[] = [
      ['id = 3', [3]],
      ['"the ""name""" IS NULL', [3]],
      ['"THE ""name""" > \'n5\' AND ID <> 7', [6]],
      ['price = 123456789012345670.05', [5]],
      ['"at" = TIMESTAMPTZ \'2023-11-14 22:13:20.000002Z\'', [2]],
      ["day = DATE '2022-01-09' AND id < 3", [1]],
      ['s.x >= 6', [6, 7]],
      ['t.id IN (0, 1) OR s IS NULL', [0, 1, 4]],
      ['md5(CAST(t AS VARCHAR)) IS NOT NULL AND id = 2', [2]],
      ['NOT (id > 1)', [0, 1]],
      ['NULL', []],
      ['true', [0, 1, 2, 3, 4, 5, 6, 7]],
    ]
    for (const configuration of [{}, vectors]) {
      for (const [where, gone] of conditions) {
        const table = await made(configuration)
        const outcome = await deleteRows(table.table, { where, expressions })
        expect(outcome.kind, where).toBe(gone.length === 0 ? 'nothingToDo' : 'committed')
        expect(await ids(table), where).toEqual([0, 1, 2, 3, 4, 5, 6, 7].filter(key => !gone.includes(key)))
      }
    }
  })

  test('do not read files that cannot hold such a row', async () => {
    const table = await made(vectors)
    for (const { path, stats } of (await table.snapshot()).files)
      if (!/"maxValues":\{[^}]*:7[,}]/.test(stats ?? '')) await table.memory.put(path, Buffer.from('gone'))
    expect(
      await deleteRows(table.table, { where: 'id >= 7 AND length("the ""name""") = 2', expressions }),
    ).toMatchObject({ kind: 'committed', metrics: { numDeletedRows: 1n } })
  })

  test('name the condition that cannot be evaluated, and change nothing', async () => {
    const table = await made()
    await expect(deleteRows(table.table, { where: 'nonsense(id)', expressions })).rejects.toThrow(/nonsense/)
    await expect(updateRows(table.table, { set: { price: { sql: "'x' || id" } }, expressions })).rejects.toThrow(
      /price/,
    )
    expect(await table.rows()).toHaveLength(8)
    expect(await table.strays()).toEqual([])
  })

  test('give new values from the old ones, each cast to its column, for rows that match alone', async () => {
    for (const configuration of [{}, vectors]) {
      const table = await made(configuration)
      await updateRows(table.table, {
        where: 'id < 2',
        expressions,
        set: {
          price: { sql: 'price * 2 + 0.01' },
          'THE "NAME"': { sql: 'upper("the ""name""")' },
          day: { sql: 'day + 1' },
          s: { sql: "{'x': s.x + 10}" },
          at: { value: null },
        },
      })
      expect((await table.rows()).slice(0, 3)).toEqual([
        [0n, 'N0', 24691357802469134001n, null, 19_001, { x: 10 }],
        [1n, 'N1', 24691357802469134003n, null, 19_002, { x: 11 }],
        [2n, 'n2', 12345678901234567002n, 1_700_000_000_000_002n, 19_000, { x: 2 }],
      ])
      // Division by zero or a bad cast in a row that does not match is nobody's business.
      await updateRows(table.table, {
        where: 'id = 5',
        set: { id: { sql: 'CAST(substr("the ""name""", 2) AS BIGINT) * 100' } },
        expressions,
      })
      expect(await ids(table)).toContain(500)
    }
  })

  test('hold rows to the constraints of their table', async () => {
    const constraint = { 'delta.constraints.small': 'id < 100' }
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['checkConstraints', 'deletionVectors'],
    }
    const table = await ChangeFixture.create({
      fields: [id, price],
      configuration: { ...constraint, ...vectors },
      protocol,
    })
    await table.append(
      rows.map(row => ({ id: row.id, price: row.price })),
      { expressions },
    )
    const where = { op: '=', column: 'id', value: 3n } as const
    await expect(updateRows(table.table, { where, set: { id: { value: 100n } }, expressions })).rejects.toMatchObject({
      code: 'DELTA_CONSTRAINT_VIOLATED',
      message: expect.stringContaining('small') as string,
    })
    await expect(
      mergeRows(table.table, [rowsOf({ type: 'struct', fields: [id, price] }, [{ id: 200n }])], {
        on: ['id'],
        expressions,
      }),
    ).rejects.toMatchObject({ code: 'DELTA_CONSTRAINT_VIOLATED' })
    await expect(updateRows(table.table, { where, set: { price: { value: 0n } } })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
      message: expect.stringContaining('expressions') as string,
    })
    expect(await table.strays()).toEqual([])
    expect(await updateRows(table.table, { where, set: { price: { value: 0n } }, expressions })).toMatchObject({
      kind: 'committed',
    })
  })
})
