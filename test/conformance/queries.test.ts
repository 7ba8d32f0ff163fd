import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scanRows } from '../../shared/delta/rows.js'
import { emptySelect, openDeltaView } from '../../shared/query/deltaView.js'
import { cleanCopy, cleanCopySql } from '../../shared/query/cleanCopy.js'
import { DuckDbSession } from '../../shared/query/duckdbSession.js'
import { FileCache } from '../../shared/query/fileCache.js'
import { literalList } from '../../shared/query/sqlText.js'
import type { StructField } from '../../shared/parquet/dataType.js'
import { conformanceRoot, haveTables, snapshotOf, storeOf, tableNames } from './tables.js'
import { typedText } from './typedText.js'

const golden = tableNames('delta-golden').filter(name => existsSync(join(conformanceRoot, 'delta-golden', name, 'expected')))
const zones: Readonly<Record<string, string>> = { 'data-reader-partition-values': 'America/Los_Angeles' }
const tables: readonly (readonly string[])[] = [
  ...golden.filter(name => name !== 'data-reader-absolute-paths-escaped-chars').map(name => ['delta-golden', name, 'delta']),
  ...tableNames('dat').map(name => ['dat', name, 'delta']),
  ...tableNames('delta-golden', 'hive', 'delta').map(name => ['delta-golden', 'hive', 'delta', name]),
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

describe.skipIf(!haveTables)('queries see the rows that the reader sees', () => {
  it.each(tables)('%s %s %s %s', async (...path) => {
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
    const copies = await Promise.all(snapshot.files.map(file => cleanCopy(cache, store, file, { state: snapshot, fields, timeZone })))
    const from = copies.flatMap(copy => copy.paths)
    const sql = from.length === 0 ? emptySelect(fields) : `SELECT ${cleanCopySql(fields).join(', ')} FROM read_parquet(${literalList(from)})`
    expect(await rowsOf(sql, fields)).toEqual(expected)
    for (const copy of copies) copy.release()
    expect(cache.bytes).toBe(0)
  })
})
