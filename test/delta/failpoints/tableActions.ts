import type { ManualClock } from '../../../shared/clock.js'
import { alterTable } from '../../../shared/delta/ddl/index.js'
import {
  appendRows,
  createWithRows,
  deleteRows,
  mergeRows,
  overwriteRows,
  restoreTable,
  updateRows,
} from '../../../shared/delta/dml/index.js'
import { DeltaTable } from '../../../shared/delta/index.js'
import { cleanLog, optimizeTable, vacuumTable, writeCompactedLog } from '../../../shared/delta/maintenance/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'
import { rowsOf, schema } from '../../chaos/changingTable.js'
import { isCommit, range } from '../../pipeline/bronze/bronzeFixture.js'

const day = 86_400_000
const say = (id: number) => `row ${id}`
const among = (...ids: readonly number[]) => ({ op: 'in', column: 'id', values: ids.map(BigInt) }) as const

type Change = (store: ObjectStore, clock: ManualClock) => Promise<unknown>

/** Another who commits while the change is being made, so that it is planned anew and its first files are nobody's. */
function beaten(store: ObjectStore, clock: ManualClock): ObjectStore {
  const rival = new DeltaTable(store, { clock })
  const first = async () => {
    await updateRows(rival, { where: among(7), set: { text: { value: 'theirs' } }, clock })
  }
  return new FaultyStore(
    store,
    new Faults().add({ on: 'putIfAbsent', path: path => isCommit(`/${path}`), fault: { kind: 'interleave', first } }),
  )
}

const table = (store: ObjectStore, clock: ManualClock) => new DeltaTable(store, { clock, random: () => 0 })

/**
 * Everything that changes a table, in an order in which each finds something to do: deletions by deletion vectors, change
 * data, V2 checkpoints. What is new in shared/delta belongs here.
 */
export const tableActions = {
  create: (store, clock) =>
    createWithRows(
      table(store, clock),
      {
        schema,
        partitionColumns: ['p'],
        createdTime: clock.now(),
        configuration: {
          'delta.enableChangeDataFeed': 'true',
          'delta.enableDeletionVectors': 'true',
          'delta.checkpointPolicy': 'v2',
        },
      },
      [rowsOf(range(0, 30), say)],
      { clock },
    ),
  append: (store, clock) => appendRows(table(store, clock), [rowsOf(range(30, 36), say)], { clock }),
  delete: (store, clock) => deleteRows(table(store, clock), { where: among(1, 2, 31), clock }),
  update: (store, clock) =>
    updateRows(table(store, clock), { where: among(4, 5), set: { text: { value: 'new' } }, clock }),
  merge: (store, clock) =>
    mergeRows(table(store, clock), [rowsOf(range(5, 8), id => `merged ${id}`), rowsOf([100, 101], say)], {
      on: ['id'],
      clock,
    }),
  'beaten update': (store, clock) =>
    updateRows(table(beaten(store, clock), clock), { where: among(7, 8), set: { text: { value: 'mine' } }, clock }),
  'unfinished append': async (store, clock) => {
    const faults = new Faults().add({ on: 'close', fault: { kind: 'fail', retryable: false } })
    await appendRows(table(new FaultyStore(store, faults), clock), [rowsOf([200], say)], { clock }).catch(
      () => undefined,
    )
  },
  alter: (store, clock) =>
    alterTable(table(store, clock), [{ kind: 'setProperties', properties: { 'a.b': 'c' } }], { clock }),
  checkpoint: (store, clock) => table(store, clock).writeCheckpoint(),
  'compacted log': store => writeCompactedLog(store, { from: 1, to: 3 }),
  optimize: (store, clock) => optimizeTable(table(store, clock), { clock, minFiles: 2 }),
  overwrite: (store, clock) =>
    overwriteRows(table(store, clock), [rowsOf([51, 54, 57], say)], {
      where: { op: '=', column: 'p', value: 'p0' },
      clock,
    }),
  restore: (store, clock) => restoreTable(table(store, clock), { version: 3 }, { clock }),
  vacuum: async (store, clock) => {
    clock.advance(40 * day)
    await vacuumTable(table(store, clock), { clock })
  },
  'clean log': async (store, clock) => {
    clock.advance(40 * day)
    await appendRows(table(store, clock), [rowsOf([300], say)], { clock })
    await table(store, clock).writeCheckpoint()
    await cleanLog(table(store, clock))
  },
} as const satisfies Record<string, Change>

export type TableActionName = keyof typeof tableActions
