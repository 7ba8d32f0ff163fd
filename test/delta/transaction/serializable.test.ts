import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { alterTable } from '../../../shared/delta/ddl/alterTable.js'
import { appendRows } from '../../../shared/delta/dml/appendRows.js'
import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { overwriteRows } from '../../../shared/delta/dml/overwriteRows.js'
import { restoreTable } from '../../../shared/delta/dml/restoreTable.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { rowsOf, schema } from '../../chaos/changingTable.js'
import { allRows } from '../logFixture.js'

const clock = new ManualClock()
const say = (what: string) => (id: number) => `${what} ${id}`
const rows = (what: string, ...ids: number[]) => [rowsOf(ids, say(what))]

type Change = (table: DeltaTable) => Promise<{ readonly kind: string }>

/** On rows 0 to 8 in three files, each in the three partitions. */
const changes: Readonly<Record<string, Change>> = {
  append: table => appendRows(table, rows('appended', 100, 101), { clock }),
  'new column': table =>
    alterTable(table, [{ kind: 'addColumns', columns: [{ field: { name: 'more', type: 'long', nullable: true } }] }], {
      clock,
    }),
  'delete of some': table => deleteRows(table, { where: { op: 'in', column: 'id', values: [1n, 4n, 50n] }, clock }),
  'delete of a partition': table => deleteRows(table, { where: { op: '=', column: 'p', value: 'p1' }, clock }),
  'delete of all': table => deleteRows(table, { clock }),
  update: table =>
    updateRows(table, { where: { op: '>=', column: 'id', value: 4n }, set: { text: { value: 'updated' } }, clock }),
  'update that moves rows to another partition': table =>
    updateRows(table, { where: { op: '=', column: 'p', value: 'p2' }, set: { p: { value: 'p1' } }, clock }),
  merge: table => mergeRows(table, rows('merged', 2, 4, 50), { on: ['id'], clock }),
  'merge that deletes': table =>
    mergeRows(table, rows('merged', 1, 2, 100), { on: ['id'], matched: 'delete', notMatched: 'ignore', clock }),
  overwrite: table => overwriteRows(table, rows('overwritten', 4, 200), { clock }),
  'overwrite of a partition': table =>
    overwriteRows(table, rows('overwritten', 1, 4), { where: { op: '=', column: 'p', value: 'p1' }, clock }),
  optimize: table => optimizeTable(table, { clock }),
  restore: table => restoreTable(table, { version: 2 }, { clock, maxPlans: 5 }),
  'change of a property': table =>
    alterTable(table, [{ kind: 'setProperties', properties: { 'owner.name': 'x' } }], { clock }),
}

const isCommit = (path: string) => path.startsWith('_delta_log/') && path.endsWith('.json')

async function newTable(): Promise<MemoryStore> {
  const store = new MemoryStore(clock)
  const table = new DeltaTable(store, { clock })
  await table.commit(createTable({ schema, partitionColumns: ['p'], createdTime: 0, configuration }))
  for (const first of [0, 3, 6]) await appendRows(table, rows('first', first, first + 1, first + 2), { clock })
  return store
}

/** A bag of `id: text` */
async function rowsAt(store: MemoryStore): Promise<readonly string[]> {
  const snapshot = await new DeltaTable(store, { clock }).snapshot()
  if (snapshot === undefined) throw new Error('no table')
  return (await allRows(scanRows(store, snapshot, { columns: ['id', 'text', 'p'] }).batches))
    .map(row => row.map(String).join(': '))
    .sort()
}

const configuration = {
  'delta.enableDeletionVectors': 'true',
  'delta.enableRowTracking': 'true',
  'delta.enableChangeDataFeed': 'true',
  'delta.enableInCommitTimestamps': 'true',
}

describe('of two changes planned on one version', () => {
  const names = Object.keys(changes)
  // A column is added once, whoever does it.
  const pairs = names
    .flatMap(first => names.map(second => [first, second] as const))
    .filter(pair => pair.join() !== 'new column,new column')

  test.each(pairs)('%s first, then %s: the rows are those of one after the other', async (first, second) => {
    const [winner, loser] = [changes[first], changes[second]]
    if (winner === undefined || loser === undefined) throw new Error('no such change')
    const serial = await newTable()
    for (const change of [winner, loser])
      expect(await change(new DeltaTable(serial, { clock }))).not.toMatchObject({ kind: 'conflict' })

    const store = await newTable()
    const next = commitPath(4)
    const faults = new Faults().add({
      on: 'putIfAbsent',
      path: path => path === next && isCommit(path),
      fault: {
        kind: 'interleave',
        first: async () => {
          expect(await winner(new DeltaTable(store, { clock }))).not.toMatchObject({ kind: 'conflict' })
        },
      },
    })
    const outcome = await loser(new DeltaTable(new FaultyStore(store, faults, clock), { clock }))
    expect(outcome).not.toMatchObject({ kind: 'conflict' })
    expect(faults.struck).toBe(1)
    expect(await rowsAt(store)).toEqual(await rowsAt(serial))
  })
})
