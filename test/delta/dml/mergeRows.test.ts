import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import type { Rows } from '../../../shared/delta/write/rows.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { Row, StructField } from '../../../shared/types/index.js'
import { columnField } from '../logFixture.js'
import { ChangeFixture } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const n = columnField('n', 'integer')
const fields = [id, name, n]
const people = Array.from({ length: 6 }, (_, i) => ({ id: BigInt(i), name: `n${i}`, n: i }))
const vectors = { 'delta.enableDeletionVectors': 'true' }
const feed = { 'delta.enableChangeDataFeed': 'true' }
const source = (rows: readonly Row[], of: readonly StructField[] = fields): Rows[] => [
  rowsOf({ type: 'struct', fields: of }, rows),
]

describe('merging rows', () => {
  for (const [kind, configuration] of Object.entries({
    plain: feed,
    'with deletion vectors': { ...feed, ...vectors },
  })) {
    test(`${kind}: updates by key what is there and inserts what is not, in one commit`, async () => {
      const table = await ChangeFixture.create({ fields, configuration })
      await table.append(people, { files: [3, 3] })
      const outcome = await mergeRows(
        table.table,
        source([
          { id: 2n, name: 'x', n: 20 },
          { id: 9n, name: 'new', n: 90 },
        ]),
        { on: ['ID'] },
      )
      expect(outcome).toMatchObject({
        kind: 'committed',
        version: 2,
        metrics: {
          numSourceRows: 2n,
          numTargetRowsInserted: 1n,
          numTargetRowsUpdated: 1n,
          numTargetRowsDeleted: 0n,
          numTargetRowsCopied: kind === 'plain' ? 2n : 0n,
          numTargetFilesAdded: 1n,
        },
      })
      expect(await table.rows()).toEqual([
        ...people.map(row => (row.id === 2n ? [2n, 'x', 20] : [row.id, row.name, row.n])),
        [9n, 'new', 90],
      ])
      expect(await table.changes(2)).toEqual([
        [2n, 'n2', 2, 'update_preimage'],
        [2n, 'x', 20, 'update_postimage'],
        [9n, 'new', 90, 'insert'],
      ])
      const [{ commitInfo }] = (await table.actions(2)) as [{ commitInfo: unknown }]
      expect(commitInfo).toMatchObject({
        operation: 'MERGE',
        operationParameters: {
          predicate: '["(target.id = source.id)"]',
          matchedPredicates: '[{"actionType":"update"}]',
          notMatchedPredicates: '[{"actionType":"insert"}]',
          notMatchedBySourcePredicates: '[]',
        },
      })
    })

    test(`${kind}: takes out what the source has, or what it lacks`, async () => {
      const table = await ChangeFixture.create({ fields, configuration })
      await table.append(people, { files: [3, 3] })
      await mergeRows(table.table, source([{ id: 2n }, { id: 9n, name: 'ignored' }]), {
        on: ['id'],
        matched: 'delete',
        notMatched: 'ignore',
      })
      expect((await table.rows()).map(([key]) => key)).toEqual([0n, 1n, 3n, 4n, 5n])
      expect(await table.changes(2)).toEqual([[2n, 'n2', 2, 'delete']])
      const outcome = await mergeRows(table.table, source([{ id: 1n, name: 'one' }, { id: 7n }]), {
        on: ['id'],
        update: ['name'],
        notMatchedBySource: 'delete',
      })
      expect(outcome).toMatchObject({
        metrics: {
          numTargetRowsNotMatchedBySourceDeleted: 4n,
          numTargetRowsMatchedDeleted: 0n,
          numTargetRowsUpdated: 1n,
          numTargetRowsInserted: 1n,
        },
      })
      expect(await table.rows()).toEqual([
        [1n, 'one', 1],
        [7n, null, null],
      ])
      expect((await table.changes(3)).map(([key, , , type]) => [key, type])).toEqual([
        [0n, 'delete'],
        [1n, 'update_preimage'],
        [1n, 'update_postimage'],
        [3n, 'delete'],
        [4n, 'delete'],
        [5n, 'delete'],
        [7n, 'insert'],
      ])
    })
  }

  test('leaves columns that the source lacks, and takes only those it is given', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(people.slice(0, 2))
    await mergeRows(table.table, source([{ id: 0n, n: 10 }]), { on: ['id'] })
    await mergeRows(
      table.table,
      source([
        { id: 1n, name: 'x', n: 11 },
        { id: 2n, name: 'y', n: 12 },
      ]),
      { on: ['id'], update: ['n'] },
    )
    expect(await table.rows()).toEqual([
      [0n, 'n0', 10],
      [1n, 'n1', 11],
      [2n, 'y', 12],
    ])
    await expect(
      mergeRows(table.table, source([{ id: 1n, n: 1 }]), { on: ['id'], update: ['name'] }),
    ).rejects.toMatchObject({ code: 'DELTA_BAD_ROWS' })
    await expect(mergeRows(table.table, source([{ n: 1 }]), { on: ['id'] })).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      message: expect.stringContaining('no column id') as string,
    })
    await expect(mergeRows(table.table, source([{ id: 1n, what: 1 }]), { on: ['id'] })).rejects.toMatchObject({
      code: 'DELTA_NO_COLUMN',
    })
  })

  test('refuses two rows of the source for one of the table, naming the key; two that are new are two rows', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(people.slice(0, 2))
    const twice = source([
      { id: 1n, name: 'a' },
      { id: 5n, name: 'b' },
      { id: 1n, name: 'c' },
    ])
    await expect(mergeRows(table.table, twice, { on: ['id'] })).rejects.toMatchObject({
      code: 'DELTA_BAD_ROWS',
      message: expect.stringContaining('id = 1') as string,
    })
    expect(await table.strays()).toEqual([])
    // To be taken out twice, or to stay, is not ambiguous.
    await mergeRows(table.table, twice, { on: ['id'], matched: 'keep' })
    expect((await table.rows()).map(row => row[0])).toEqual([0n, 1n, 5n])
    await mergeRows(table.table, twice, { on: ['id'], matched: 'delete', notMatched: 'ignore' })
    expect((await table.rows()).map(row => row[0])).toEqual([0n])
    await mergeRows(
      table.table,
      source([
        { id: 8n, name: 'a' },
        { id: 8n, name: 'b' },
      ]),
      { on: ['id'] },
    )
    expect(await table.rows()).toEqual([
      [0n, 'n0', 0],
      [8n, 'a', null],
      [8n, 'b', null],
    ])
  })

  test('a key that is null in part is like no other, on either side', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append([
      { id: 1n, name: null, n: 1 },
      { id: 1n, name: '', n: 2 },
      { id: null, name: 'x', n: 3 },
    ])
    await mergeRows(
      table.table,
      source([
        { id: 1n, name: null, n: 10 },
        { id: null, name: 'x', n: 30 },
        { id: 1n, name: '', n: 20 },
      ]),
      { on: ['id', 'name'] },
    )
    expect(await table.rows()).toEqual([
      [1n, '', 20],
      [1n, null, 1],
      [1n, null, 10],
      [null, 'x', 3],
      [null, 'x', 30],
    ])
  })

  test('compares keys of every type exactly', async () => {
    const cases: readonly (readonly [
      StructField['type'],
      readonly [Row[string], Row[string]],
      readonly [Row[string], Row[string]],
    ])[] = [
      ['long', [9007199254740993n, 9007199254740992n], [9007199254740993n, 9007199254740994n]],
      [
        { type: 'decimal', precision: 38, scale: 2 },
        [12345678901234567890123456789012345600n, 1n],
        [12345678901234567890123456789012345600n, 12345678901234567890123456789012345601n],
      ],
      ['timestamp', [1_700_000_000_123_456n, 1n], [1_700_000_000_123_456n, 1_700_000_000_123_000n]],
      ['string', ['\u00e9', 'e'], ['\u00e9', 'e\u0301']],
      ['binary', [Uint8Array.of(0, 255), Uint8Array.of(0)], [Uint8Array.of(0, 255), Uint8Array.of(255)]],
      ['double', [NaN, 0], [NaN, 1]],
      ['double', [-0, 5], [0, 6]],
      ['float', [Math.fround(0.1), 2], [0.1, 3]],
      ['boolean', [true, null], [true, false]],
      ['date', [0, 1], [0, 2]],
    ]
    for (const [type, [a, b], [like, unlike]] of cases) {
      const key = columnField('key', type)
      const table = await ChangeFixture.create({ fields: [key, n] })
      await table.append([
        { key: a, n: 1 },
        { key: b, n: 2 },
      ])
      const outcome = await mergeRows(
        table.table,
        source(
          [
            { key: like, n: 10 },
            { key: unlike, n: 20 },
          ],
          [key, n],
        ),
        { on: ['key'] },
      )
      expect(outcome, JSON.stringify(type)).toMatchObject({
        metrics: { numTargetRowsUpdated: 1n, numTargetRowsInserted: 1n },
      })
      expect(
        (await table.rows()).map(row => row[1]).sort((x, y) => Number(x) - Number(y)),
        JSON.stringify(type),
      ).toEqual([2, 10, 20])
    }
    const table = await ChangeFixture.create({
      fields: [columnField('a', { type: 'array', elementType: 'long', containsNull: true }), n],
    })
    await expect(mergeRows(table.table, source([{ n: 1 }], [n]), { on: ['a'] })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_TYPE',
    })
  })

  test('finds the keys of CHAR columns, which have blanks when they are read', async () => {
    const code = columnField('code', 'string', { __CHAR_VARCHAR_TYPE_STRING: 'char(4)' })
    const table = await ChangeFixture.create({ fields: [code, n] })
    await table.append([
      { code: 'ab', n: 1 },
      { code: 'c   ', n: 2 },
    ])
    await mergeRows(
      table.table,
      source(
        [
          { code: 'ab', n: 10 },
          { code: 'c', n: 20 },
          { code: 'd', n: 30 },
        ],
        [code, n],
      ),
      { on: ['code'] },
    )
    expect(await table.rows()).toEqual([
      ['ab  ', 10],
      ['c   ', 20],
      ['d   ', 30],
    ])
  })

  test('does not read files that hold no key of the source, be it one key or a thousand', async () => {
    const table = await ChangeFixture.create({ fields: [id, n], configuration: vectors })
    const many = Array.from({ length: 3000 }, (_, i) => ({ id: BigInt(i), n: i }))
    await table.append(many, { files: [1000, 1000, 1000] })
    const [, middle] = (await table.snapshot()).files
    await table.memory.put(middle?.path ?? '', Buffer.from('gone'))
    await mergeRows(
      table.table,
      source(
        [
          { id: 5n, n: -1 },
          { id: 2005n, n: -1 },
        ],
        [id, n],
      ),
      { on: ['id'] },
    )
    const keys = [...Array(1000).keys()].flatMap(i => [
      { id: BigInt(i), n: -2 },
      { id: BigInt(2000 + i), n: -2 },
    ])
    expect(await mergeRows(table.table, source(keys, [id, n]), { on: ['id'] })).toMatchObject({
      metrics: { numTargetRowsUpdated: 2000n, numTargetRowsInserted: 0n },
    })
  })

  test('does nothing for an empty source, or takes all out when the source is what the table is to be', async () => {
    const table = await ChangeFixture.create({ fields })
    await table.append(people)
    expect(await mergeRows(table.table, [], { on: ['id'] })).toMatchObject({ kind: 'nothingToDo' })
    expect(await mergeRows(table.table, source([]), { on: ['id'], notMatchedBySource: 'delete' })).toMatchObject({
      kind: 'committed',
      metrics: { numTargetRowsDeleted: 6n },
    })
    expect(await table.rows()).toEqual([])
  })

  test('only adds to an append-only table, and says why it does no more', async () => {
    const table = await ChangeFixture.create({ fields, configuration: { 'delta.appendOnly': 'true' } })
    await table.append(people.slice(0, 1))
    await mergeRows(
      table.table,
      source([
        { id: 0n, name: 'x' },
        { id: 1n, name: 'y' },
      ]),
      { on: ['id'], matched: 'keep' },
    )
    expect(await table.rows()).toEqual([
      [0n, 'n0', 0],
      [1n, 'y', null],
    ])
    await expect(mergeRows(table.table, source([{ id: 0n }]), { on: ['id'] })).rejects.toMatchObject({
      code: 'DELTA_APPEND_ONLY',
    })
  })

  test('plans again over a file that came meanwhile with a key of its own, and reads its source once', async () => {
    const table = await ChangeFixture.create({ fields, configuration: { ...vectors, ...feed } })
    await table.append(people)
    let times = 0
    async function* once(): AsyncGenerator<Rows, void> {
      times++
      yield* source([
        { id: 2n, name: 'x' },
        { id: 7n, name: 'mine' },
      ])
      // Between reading the table and committing, somebody else adds the same key, and takes a row out.
      await table.append([{ id: 7n, name: 'theirs', n: 7 }])
      await deleteRows(table.table, { where: { op: '=', column: 'id', value: 2n } })
    }
    const outcome = await mergeRows(table.table, once(), { on: ['id'] })
    expect(outcome).toMatchObject({
      kind: 'committed',
      version: 4,
      metrics: { numTargetRowsUpdated: 1n, numTargetRowsInserted: 1n },
    })
    expect(times).toBe(1)
    expect((await table.rows()).map(([key, text]) => [key, text])).toEqual([
      [0n, 'n0'],
      [1n, 'n1'],
      [2n, 'x'],
      [3n, 'n3'],
      [4n, 'n4'],
      [5n, 'n5'],
      [7n, 'mine'],
    ])
    expect(await table.strays()).toEqual([])
  })
})
