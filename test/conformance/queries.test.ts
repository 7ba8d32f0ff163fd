import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { scanRows } from '../../shared/delta/index.js'
import { planScan } from '../../shared/query/condition/index.js'
import {
  DuckDbSession,
  emptySelect,
  FetchCounts,
  FileCache,
  literalList,
  normalizedCopy,
  normalizedCopySql,
  openDeltaView,
} from '../../shared/query/index.js'
import type { StructField } from '../../shared/types/index.js'
import { conformanceRoot, conformanceTableNames, haveConformanceTables } from '../harness/conformanceTables.js'
import { farStore } from '../query/scan/farStore.js'
import { snapshotOf, storeOf } from './tables.js'
import { typedText } from './typedText.js'

const golden = conformanceTableNames('delta-golden').filter(name =>
  existsSync(join(conformanceRoot, 'delta-golden', name, 'expected')),
)
const zones: Readonly<Record<string, string>> = { 'data-reader-partition-values': 'America/Los_Angeles' }
const tables: readonly (readonly string[])[] = [
  ...golden
    .filter(name => name !== 'data-reader-absolute-paths-escaped-chars')
    .map(name => ['delta-golden', name, 'delta']),
  ...conformanceTableNames('dat').map(name => ['dat', name, 'delta']),
  ...conformanceTableNames('delta-golden', 'hive', 'delta').map(name => ['delta-golden', 'hive', 'delta', name]),
]

let session: DuckDbSession
let cache: FileCache

beforeAll(async () => {
  session = await DuckDbSession.open({ memoryLimit: 256 * 2 ** 20 })
  cache = new FileCache({ limitBytes: 2 ** 30 })
})

afterAll(async () => {
  await session.close()
  await cache.close()
})

async function rowsOf(sql: string, fields: readonly StructField[]): Promise<string[]> {
  const texts = fields.map(field => typedText(field.type))
  const { rows } = await session.query(sql)
  return rows.map(row => fields.map(({ name }, i) => texts[i]?.(row[name])).join('|')).sort()
}

describe.skipIf(!haveConformanceTables)('queries see the rows that the reader sees', () => {
  test.each(tables)('%s %s %s %s', async (...path) => {
    const store = storeOf(...path)
    const snapshot = await snapshotOf(store)
    const timeZone = zones[path[1] ?? '']
    const { fields } = snapshot.schema
    const texts = fields.map(field => typedText(field.type))
    const expected: string[] = []
    for await (const { rows, columns } of scanRows(store, snapshot, { timeZone }).batches)
      for (let i = 0; i < rows; i++) expected.push(columns.map((data, c) => texts[c]?.(data[i] ?? null)).join('|'))
    expected.sort()
    {
      using view = await openDeltaView(session, cache, { store, state: snapshot, files: snapshot.files, timeZone })
      expect(await rowsOf(view.sql, fields)).toEqual(expected)
    }
    {
      using view = await openDeltaView(session, cache, {
        store: farStore(store),
        state: snapshot,
        files: snapshot.files,
        timeZone,
        narrowing: { counts: new FetchCounts() },
      })
      expect(await rowsOf(view.sql, fields), 'of what is needed alone').toEqual(expected)
    }
    const copies = await Promise.all(
      snapshot.files.map(file => normalizedCopy(cache, store, file, { state: snapshot, fields, timeZone })),
    )
    const from = copies.flatMap(copy => copy.paths)
    const sql =
      from.length === 0
        ? emptySelect(fields)
        : `SELECT ${normalizedCopySql(fields).join(', ')} FROM read_parquet(${literalList(from)})`
    expect(await rowsOf(sql, fields)).toEqual(expected)
    for (const copy of copies) copy.release()
    expect(cache.bytes).toBe(0)
  })
})

const skipping = ['', '-checkpoint', '-columnmapping-id', '-columnmapping-name'].map(
  kind => `data-skipping-basic-stats-all-types${kind}`,
)

/** Conditions that the one row of these tables meets, and others that it does not, as Delta's own tests have them. */
const judged: readonly (readonly [met: string, unmet: string])[] = [
  ['as_int = 0', 'as_int = 1'],
  ['as_long >= 0', 'as_long > 0.5'],
  ['as_byte IN (0, 7)', 'as_byte IN (7, 8)'],
  ['as_short <= 0', 'as_short < 0'],
  ['as_float = 0', 'as_float < -0.25'],
  ['as_double BETWEEN -1 AND 0', 'as_double BETWEEN 0.5 AND 1'],
  ["as_string LIKE '0%'", "as_string LIKE '1%'"],
  ["as_date = '2000-01-01'", "as_date > '2000-01-01'"],
  ['as_big_decimal = 0', 'as_big_decimal > 0'],
]

/** Conditions that NaN meets: statistics of a writer that leaves it out look the same. */
const metByNaN = ['as_float > 0.25', 'as_double <> 0', 'NOT as_double <= 0'] as const

describe.skipIf(!haveConformanceTables)('statistics of other writers', () => {
  test.each(skipping)('%s: a file is passed over for what it cannot hold', async name => {
    const snapshot = await snapshotOf(storeOf('delta-golden', name, 'delta'))
    for (const [met, unmet] of judged) {
      expect((await planScan(session, snapshot, met)).chosen.length, met).toBe(1)
      expect((await planScan(session, snapshot, unmet)).skippedByStatistics, unmet).toBe(1)
    }
    for (const condition of metByNaN)
      expect((await planScan(session, snapshot, condition)).chosen.length, condition).toBe(1)
  })
})
