import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../shared/parquet/base/bufferSource.js'
import { openParquet, type ParquetFile } from '../../shared/parquet/read/reader.js'
import type { Row, Value } from '../../shared/types/index.js'
import { conformanceRoot as folder, haveConformanceTables } from '../harness/conformanceTables.js'

function dataFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.parquet') && !/(^|\/)([._])/.test(path))
    .map(path => join(root, path))
}

function open(path: string): Promise<ParquetFile> {
  return openParquet(bufferSource(readFileSync(path), path))
}

async function rowBag(root: string, columns?: readonly string[]): Promise<string[]> {
  const rows: string[] = []
  for (const path of dataFiles(root)) {
    for await (const row of (await open(path)).rows(columns === undefined ? {} : { columns })) rows.push(rowText(row))
  }
  return rows.sort()
}

function rowText(row: Row): string {
  return JSON.stringify(row, (_, value: Value | { type: 'Buffer' }) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}

const golden = join(folder, 'delta-golden')

describe.skipIf(!haveConformanceTables)('files that Spark wrote', () => {
  test('the table and its expected rows agree, in whatever encodings either is', async () => {
    const tables = [
      'parquet-all-types',
      'parquet-all-types-legacy-format',
      'data-reader-primitives',
      'data-reader-map',
      'data-reader-array-primitives',
      'data-reader-array-complex-objects',
      'data-reader-nested-struct',
      'decimal-various-scale-precision',
      'basic-decimal-table',
      '124-decimal-decode-bug',
    ].filter(table => existsSync(join(golden, table, 'expected')))
    expect(tables.length).toBeGreaterThan(8)
    for (const table of tables) {
      const [first] = dataFiles(join(golden, table, 'delta'))
      const columns = (await open(first as string)).fields.map(({ name }) => name)
      const rows = await rowBag(join(golden, table, 'delta'), columns)
      expect(rows.length, table).toBeGreaterThan(0)
      expect(rows, table).toEqual(await rowBag(join(golden, table, 'expected'), columns))
    }
  })

  test('decimals in every physical type are the same with and without dictionaries', async () => {
    for (const table of ['parquet-decimal-dictionaries', 'parquet-decimal-dictionaries-v2', 'parquet-decimal-type']) {
      const [actual, expected] = await Promise.all(
        ['delta', 'expected'].map(async kind => {
          const [path] = dataFiles(join(golden, table, kind))
          return (await open(path as string)).readColumns({ columns: ['id', 'col1', 'col2', 'col3'] })
        }),
      )
      for (const [i, { field, data }] of (expected ?? []).entries()) {
        const found = actual?.[i]?.data
        expect(found?.length, table).toBe(data.length)
        const differs = (data as Value[]).findIndex((value, row) => value !== found?.[row])
        expect(differs, `${table} ${field.name}`).toBe(-1)
      }
    }
  })

  test('legacy lists and maps hold the same rows as the standard ones', async () => {
    const standard = await rowBag(join(golden, 'parquet-all-types', 'delta'))
    expect(standard.length).toBe(200)
    expect(await rowBag(join(golden, 'parquet-all-types-legacy-format', 'delta'))).toEqual(standard)
  })

  test('INT96, milliseconds and microseconds are the same instants', async () => {
    const instants = ['-31536000000000n', '1580544550000000n', '915181200000000n', '946717200000000n']
    for (const table of ['int96', 'timestamp_micros', 'timestamp_millis']) {
      const rows = await rowBag(join(golden, `kernel-timestamp-${table}`, 'delta'), ['time'])
      const times = rows.map(row => (JSON.parse(row) as { time: string | null }).time)
      expect(times.filter(time => time !== null).sort(), table).toEqual([...instants].sort())
    }
  })

  test('every data file of every table can be read, whole', async () => {
    for (const path of dataFiles(folder)) {
      const file = await open(path)
      for (const { field, data } of await file.readColumns())
        expect(data.length, `${path} ${field.name}`).toBe(file.rowCount)
    }
  })
})
