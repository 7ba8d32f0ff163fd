import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { DeltaTable, loadState } from '../../shared/delta/index.js'
import { conformanceRoot, conformanceTableNames, haveConformanceTables } from '../harness/conformanceTables.js'
import { expectedRows, snapshotOf, storeOf, tableRows } from './tables.js'

const family = 'delta-golden'

/** Tables that must be refused, and why. */
const negative: Readonly<Record<string, { readonly code: string; readonly message: RegExp }>> = {
  'deltalog-invalid-protocol-version': { code: 'DELTA_UNSUPPORTED_FEATURE', message: /reader version 99/ },
  'deltalog-state-reconstruction-from-checkpoint-missing-metadata': { code: 'DELTA_NO_METADATA', message: /metaData/ },
  'deltalog-state-reconstruction-from-checkpoint-missing-protocol': { code: 'DELTA_NO_PROTOCOL', message: /protocol/ },
  'deltalog-state-reconstruction-without-metadata': { code: 'DELTA_NO_METADATA', message: /metaData/ },
  'deltalog-state-reconstruction-without-protocol': { code: 'DELTA_NO_PROTOCOL', message: /protocol/ },
  'data-reader-absolute-paths-escaped-chars': { code: 'DELTA_NO_METADATA', message: /metaData/ },
  'versions-not-contiguous': { code: 'DELTA_VERSION_GAP', message: /version 1 / },
}

/** Tables whose data files are not there: version, files and bytes of the snapshot, as Spark has them. */
const logOnly: Readonly<Record<string, readonly [version: number, numFiles: number, sizeInBytes: bigint]>> = {
  'canonicalized-paths-normal-a': [1, 0, 0n],
  'canonicalized-paths-normal-b': [1, 0, 0n],
  'canonicalized-paths-special-a': [1, 0, 0n],
  'canonicalized-paths-special-b': [1, 0, 0n],
  checkpoint: [14, 1, 1n],
  'delete-re-add-same-file-different-transactions': [3, 2, 2n],
  'log-replay-special-characters-b': [0, 1, 100n],
}

/** The zone of writers that left partition timestamps without an offset. */
const zones: Readonly<Record<string, string>> = { 'data-reader-partition-values': 'America/Los_Angeles' }

/** Logs without rows and without a known outcome elsewhere. */
const elsewhere = ['deltalog-commit-info', 'update-deleted-directory']

const all = conformanceTableNames(family).filter(name => name !== 'hive')
const withRows = all.filter(name => existsSync(join(conformanceRoot, family, name, 'expected')))

describe.skipIf(!haveConformanceTables)('golden tables', () => {
  test.each(withRows.filter(name => negative[name] === undefined))('%s has the rows that Spark sees', async name => {
    const store = storeOf(family, name, 'delta')
    const { schema } = await snapshotOf(store)
    const rows = await tableRows(store, { timeZone: zones[name] })
    expect(rows).toEqual(await expectedRows(join(conformanceRoot, family, name, 'expected'), schema.fields))
  })

  test.each(Object.entries(negative))('%s is refused', async (name, { code, message }) => {
    const store = storeOf(family, name, 'delta')
    const table = new DeltaTable(store)
    for (const read of [() => table.snapshot(), () => table.state()]) {
      const error: unknown = await read().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toMatchObject({
        code,
        message: expect.stringMatching(message) as string,
        data: { table: store.url },
      })
    }
  })

  test('no-delta-log-folder is no table', async () => {
    expect(await new DeltaTable(storeOf(family, 'no-delta-log-folder', 'delta')).snapshot()).toBeUndefined()
  })

  test.each(Object.entries(logOnly))('%s has the files that Spark sees', async (name, expected) => {
    const { version, numFiles, sizeInBytes } = await snapshotOf(storeOf(family, name, 'delta'))
    expect([version, numFiles, sizeInBytes]).toEqual(expected)
  })

  test('every table is looked at by one of these', () => {
    const seen = new Set([
      ...withRows,
      ...Object.keys(negative),
      ...Object.keys(logOnly),
      'no-delta-log-folder',
      ...elsewhere,
    ])
    expect(all.filter(name => !seen.has(name))).toEqual([])
  })

  test.each(elsewhere)('%s opens, state and snapshot alike', async name => {
    const store = storeOf(family, name, 'delta')
    const [snapshot, state] = [await snapshotOf(store), await loadState(store)]
    expect(snapshot.version).toBe(state?.version)
    expect(snapshot.metadata).toEqual(state?.metadata)
  })
})

const ten = Array.from({ length: 10 }, (_, i) => i)

/** The rows of the Hive connector's tables, as its own tests have them. */
const hive: Readonly<Record<string, readonly string[]>> = {
  'deltatbl-column-names-case-insensitive': ten.map(i => `${i}|"foo${i % 2}"`),
  'deltatbl-deleted-path': ten.map(i => `${i}|"foo${i % 2}"`),
  'deltatbl-incorrect-format-config': ten.map(i => `${i}|"foo${i % 2}"`),
  'deltatbl-map-types-correctly': [
    '97|0x6263|true|4|5n|"foo"|6|7|8|0|60000000000n|12345678900000000794535e-18|["foo","bar"]|map("foo":123n)|{"f1":"foo","f2":456n}',
  ],
  'deltatbl-non-partitioned': ten.map(i => `${i}|"foo${i % 2}"`),
  'deltatbl-not-allow-write': ten.map(i => `${i}|"foo${i % 2}"`),
  'deltatbl-partition-prune': [
    '"bj"|"20180520"|"Trump"|1',
    '"hz"|"20180520"|"Jim"|3',
    '"hz"|"20180718"|"Jone"|7',
    '"sh"|"20180512"|"Jay"|4',
    '"sz"|"20181212"|"Linda"|8',
  ],
  'deltatbl-partitioned': ten.map(i => `${i}|"foo${i % 2}"`),
  'deltatbl-schema-match': ten.map(i => `${i}|"foo${i % 2}"|"test${i % 3}"`),
  'deltatbl-special-chars-in-partition-column': ten.map(i => `${i}|"+ =%${i % 2}"`),
  'deltatbl-touch-files-needed-for-partitioned': ten.map(i => `${i}|"foo${i % 2}"`),
}

describe.skipIf(!haveConformanceTables)('golden tables of the Hive connector', () => {
  test.each(conformanceTableNames(family, 'hive', 'delta'))('%s has its rows', async name => {
    expect(await tableRows(storeOf(family, 'hive', 'delta', name))).toEqual(hive[name])
  })
})
