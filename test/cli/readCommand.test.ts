import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import {
  createTable,
  DeltaTable,
  inlineDeletionVector,
  readsNothing,
  RoaringBitmap,
  writeDataFile,
} from '../../shared/delta/index.js'
import { DuckDbSession } from '../../shared/query/index.js'
import { LocalDiskStore } from '../../shared/storage/index.js'
import {
  type DataType,
  parseSparkDate,
  parseSparkTimestamp,
  type Row,
  type StructType,
  type Value,
} from '../../shared/types/index.js'
import { lake, TextOutput } from './testShell.js'

let folder: string
let environment: Record<string, string>

const types: Readonly<Record<string, DataType>> = {
  id: 'long',
  wide: { type: 'decimal', precision: 38, scale: 10 },
  at: 'timestamp',
  local: 'timestamp_ntz',
  number: 'double',
  small: 'float',
  bytes: 'binary',
  text: 'string',
  list: { type: 'array', elementType: 'integer', containsNull: true },
  pair: {
    type: 'struct',
    fields: [
      { name: 'x', type: 'long', nullable: true },
      { name: 'y', type: 'string', nullable: true },
    ],
  },
  tags: { type: 'map', keyType: 'string', valueType: 'double', valueContainsNull: true },
  day: 'date',
}

const schema: StructType = {
  type: 'struct',
  fields: Object.entries(types).map(([name, type]) => ({ name, type, nullable: true })),
}

const rows: readonly Row[] = [
  {
    id: 2n ** 62n,
    wide: 10n ** 37n + 1n,
    at: parseSparkTimestamp('0001-01-01T00:00:00Z'),
    local: parseSparkTimestamp('9999-12-31 23:59:59.999999'),
    number: NaN,
    small: Infinity,
    bytes: Uint8Array.from([0, 255]),
    text: 'ä"\n',
    list: [1, null],
    pair: { x: 1n, y: null },
    tags: [
      { key: 'a', value: -0 },
      { key: 'b', value: null },
    ],
  },
  { id: 2n },
  { id: 3n, wide: -1n, at: -1n, number: 1e300, small: 0.5, text: '', list: [], pair: { x: null, y: 'y' }, tags: [] },
]

const days = ['2025-04-01', null] as const

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lake-cli-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
  const table = new DeltaTable(new LocalDiskStore(join(folder, 'silver', 'events')))
  await table.commit(createTable({ schema, partitionColumns: ['day'], createdTime: 0 }))
  for (const [version, day] of days.entries()) {
    const columns = schema.fields
      .filter(f => f.name !== 'day')
      .map(field => ({ field, data: rows.map((row): Value => row[field.name] ?? null) }))
    const add = await writeDataFile(table.store, { schema, partitionColumns: ['day'], configuration: {} }, columns, {
      day,
    })
    await table.commit({
      readVersion: version,
      actions: [{ add }, { txn: { appId: 'a', version: 2n ** 60n } }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
  }
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const first =
  '{"id":4611686018427387904,"wide":"1000000000000000000000000000.0000000001","at":"0001-01-01T00:00:00.000000Z",' +
  '"local":"9999-12-31T23:59:59.999999","number":"NaN","small":"Infinity","bytes":"AP8=","text":"ä\\"\\n","list":[1,null],' +
  '"pair":{"x":1,"y":null},"tags":[{"key":"a","value":-0.0},{"key":"b","value":null}],"day":"2025-04-01"}'

describe('reading a table', () => {
  test('every type is exact, partition values come from the log, in the order of the log', async () => {
    const { code, output } = await lake(['read', 'silver.events'], { environment })
    const lines = output.trimEnd().split('\n')
    expect(code).toBe(0)
    expect(lines).toHaveLength(6)
    expect(lines[0]).toBe(first)
    expect(lines.map(line => (JSON.parse(line) as { day: unknown }).day)).toEqual([
      '2025-04-01',
      '2025-04-01',
      '2025-04-01',
      null,
      null,
      null,
    ])
    expect(parseSparkDate('2025-04-01')).toBeDefined()
  })

  test('a condition that always holds gives the same rows as none', async () => {
    const plain = await lake(['read', 'silver.events'], { environment })
    const filtered = await lake(['read', 'silver.events', '--where', 'true'], { environment })
    expect(filtered).toEqual(plain)
  })

  test('a condition may end with a comment, and names columns that are not printed', async () => {
    const { output } = await lake(
      ['read', 'silver.events', '--columns', 'text,id', '--where', 'number = 1e300 and day is null -- x'],
      { environment },
    )
    expect(output).toBe('{"text":"","id":3}\n')
  })

  test('the same by path, by address and by version', async () => {
    const path = join(folder, 'silver', 'events')
    const byName = await lake(['read', 'SILVER.events', '--version', '1'], { environment })
    expect(byName.output.trimEnd().split('\n')).toHaveLength(3)
    for (const name of [path, pathToFileURL(path).href, 'silver/events']) {
      expect(await lake(['read', name, '--version', '1'], { environment })).toEqual(byName)
    }
  })

  test('a limit stops reading', async () => {
    const { output } = await lake(['read', 'silver.events', '--columns', 'id', '--limit', '4'], { environment })
    expect(output).toBe('{"id":4611686018427387904}\n{"id":2}\n{"id":3}\n{"id":4611686018427387904}\n')
  })

  test('SQL prints the same texts', async () => {
    const { output } = await lake(['sql', '-'], {
      environment,
      input: 'SELECT * FROM silver.events WHERE id > 100 ORDER BY day NULLS LAST LIMIT 1',
    })
    expect(output).toBe(`${first}\n`)
  })

  test.each([
    [['read', 'silver.orders'], /^error: There is no table silver\.orders/],
    [['read', 'silver.events', '--version', '9'], /^error: .*no version 9/],
    [['read', 'silver.events', '--columns', 'nope'], /^error: There is no column nope; the table has: id, wide/],
    [
      ['read', 'silver.events', '--where', 'nope ='],
      /^error: the condition nope = is not SQL: syntax error at end of input\n$/,
    ],
    [
      ['read', 'silver.events', '--where', 'nope = 1'],
      /^error: the condition nope = 1 names nope, which is no column; the table has: id, wide/,
    ],
    [['read', 'silver.events', '--where', 'id + 1'], /^error: the condition id \+ 1 is not one/],
    [['sql', 'SELECT * FROM gold.events_scored'], /^error: The lake has no table gold\.events_scored yet/],
    [['sql', 'SELECT * FROM gold.orders'], /^error: There is no table orders/],
    [['snapshot', 'bronze.events_quarantine'], /is a view/],
  ])('%j says in one sentence what is wrong', async (words, message) => {
    const { code, output, messages } = await lake(words, { environment })
    expect([code, output]).toEqual([1, ''])
    expect(messages).toMatch(message)
    expect(messages.trimEnd()).not.toContain('\n')
  })

  test('a reader that goes away early is no error', async () => {
    const result = await lake(['sql', 'SELECT * FROM range(1000000)'], {
      environment,
      output: new TextOutput({ closesAt: 1 }),
    })
    expect(result).toMatchObject({ code: 0, messages: '' })
  })
})

describe('what a condition spares', () => {
  const explained = async (...words: string[]) => {
    const { code, output, messages } = await lake(['read', 'silver.events', '--explain', ...words], { environment })
    expect([code, messages]).toEqual([0, ''])
    return JSON.parse(output) as Record<string, unknown>
  }

  test('files are passed over by their partition values and by their statistics, and the record says which', async () => {
    expect(await explained()).toMatchObject({
      version: 2,
      files: 2,
      filesRead: 2,
      filesSkipped: 0,
      bytesSkipped: 0,
      rowGroups: 2,
      rowGroupsRead: 2,
      columns: 12,
      predicate: null,
      unknown: null,
    })
    // Files as small as these are fetched whole at once.
    const all = await explained()
    expect(all['bytesFetched']).toBe(all['bytesRead'])
    expect(await explained('--where', "day = '2025-04-01' AND lower(text) <> 'x'")).toMatchObject({
      filesRead: 1,
      filesSkipped: 1,
      skippedByPartition: 1,
      skippedByStatistics: 0,
      predicate: "day = DATE '2025-04-01'",
      unknown: '(lower("text") != \'x\')',
    })
    expect(await explained('--where', 'id > 9000000000000000000')).toMatchObject({
      filesRead: 0,
      skippedByStatistics: 2,
      bytesRead: 0,
      predicate: 'id > 9000000000000000000',
    })
    expect(await explained('--where', 'random() > 2', '--version', '1')).toMatchObject({
      version: 1,
      files: 1,
      filesRead: 1,
      filesUnjudged: 1,
      predicate: null,
      unknown: '(random() > 2)',
    })
  })

  test('in a table as in lines', async () => {
    const { output } = await lake(
      ['read', 'silver.events', '--explain', '--where', 'day IS NULL', '--format', 'table'],
      { environment },
    )
    expect(output).toContain('skippedByPartition')
    expect(output).toContain('day IS NULL')
  })

  test('rows come in the order of their file, also out of a file with deleted rows', async () => {
    const own = mkdtempSync(join(tmpdir(), 'lake-cli-'))
    const fields = [{ name: 'id', type: 'long' as const, nullable: true }]
    const one: StructType = { type: 'struct', fields }
    const table = new DeltaTable(new LocalDiskStore(own))
    const configuration = { 'delta.enableDeletionVectors': 'true' }
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['deletionVectors'],
    }
    await table.commit(createTable({ schema: one, partitionColumns: [], configuration, protocol, createdTime: 0 }))
    const data = BigInt64Array.from({ length: 200_000 }, (_, i) => BigInt(i))
    const add = await writeDataFile(
      table.store,
      { schema: one, partitionColumns: [], configuration },
      fields.map(field => ({ field, data })),
      {},
    )
    const deletionVector = inlineDeletionVector(RoaringBitmap.of(Array.from({ length: 30_000 }, (_, i) => i * 6)))
    await table.commit({
      readVersion: 0,
      actions: [{ add: { ...add, deletionVector } }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
      keeps: ['deletionVectors'],
    })
    const { output } = await lake(['read', own, '--where', 'id > 179990 AND id % 2 = 0'], { environment })
    const ids = output
      .trimEnd()
      .split('\n')
      .map(line => (JSON.parse(line) as { id: number }).id)
    expect(ids).toEqual([179_992, 179_996, 179_998, ...Array.from({ length: 10_000 }, (_, i) => 180_000 + 2 * i)])
    rmSync(own, { recursive: true })
  })

  test('a condition is parsed once, however many files are read with it', async () => {
    const statements = vi.spyOn(DuckDbSession.prototype, 'stream')
    try {
      await lake(['read', 'silver.events', '--where', 'id IS NOT NULL', '--columns', 'text'], { environment })
      expect(statements.mock.calls.filter(([sql]) => sql.includes('json_serialize_sql'))).toHaveLength(1)
    } finally {
      statements.mockRestore()
    }
  })

  test('a wrong condition is an error even where no file would be read', async () => {
    for (const more of [[], ['--explain']]) {
      const { code, messages } = await lake(
        ['read', 'silver.events', '--where', 'id > 9000000000000000000 AND nope = 1', ...more],
        { environment },
      )
      expect(code).toBe(1)
      expect(messages).toMatch(/nope/)
    }
  })

  test('a time zone that is none is reported to be so', async () => {
    const { messages } = await lake(['read', 'silver.events', '--timezone', 'Mars/Olympus'], { environment })
    expect(messages).toMatch(/--timezone Mars\/Olympus is no time zone/)
  })
})

describe('partition timestamps without an offset', () => {
  test('are in the zone that is given, with a condition as without', async () => {
    const own = mkdtempSync(join(tmpdir(), 'lake-cli-'))
    const fields = [
      { name: 'id', type: 'integer' as const, nullable: true },
      { name: 'at', type: 'timestamp' as const, nullable: true },
    ]
    const zoned: StructType = { type: 'struct', fields }
    const table = new DeltaTable(new LocalDiskStore(own))
    await table.commit(createTable({ schema: zoned, partitionColumns: ['at'], createdTime: 0 }))
    const add = await writeDataFile(
      table.store,
      { schema: zoned, partitionColumns: ['at'], configuration: {} },
      [{ field: fields[0] as (typeof fields)[0], data: [1] }],
      { at: '2024-07-01 00:00:00' },
    )
    await table.commit({
      readVersion: 0,
      actions: [{ add }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
      keeps: ['deletionVectors'],
    })
    const line = '{"id":1,"at":"2024-06-30T22:00:00.000000Z"}\n'
    const words = ['read', own, '--timezone', 'Europe/Berlin']
    expect((await lake(words, { environment })).output).toBe(line)
    expect((await lake([...words, '--where', '"at" < \'2024-06-30 23:00:00Z\''], { environment })).output).toBe(line)
    expect((await lake(['read', own, '--where', '"at" < \'2024-06-30 23:00:00Z\''], { environment })).output).toBe('')
    rmSync(own, { recursive: true })
  })
})

describe('what a table is', () => {
  test('a snapshot is one JSON object with its schema parsed and all digits', async () => {
    const { output } = await lake(['snapshot', 'silver.events'], { environment })
    expect(output).toContain('"transactions":{"a":1152921504606846976}')
    const snapshot = JSON.parse(output) as Record<string, unknown>
    expect(Object.keys(snapshot)).toEqual([
      'version',
      'timestamp',
      'protocol',
      'features',
      'metadata',
      'clusteringColumns',
      'numFiles',
      'sizeInBytes',
      'numRows',
      'numDeletionVectors',
      'numDeletedRows',
      'transactions',
      'domainMetadata',
    ])
    expect(snapshot).toMatchObject({
      version: 2,
      numFiles: 2,
      numRows: 6,
      numDeletionVectors: 0,
      numDeletedRows: 0,
      clusteringColumns: [],
      domainMetadata: {},
      metadata: { schema: { type: 'struct', fields: { length: 12 } }, partitionColumns: ['day'] },
    })
    const older = await lake(['snapshot', 'silver.events', '--version', '1'], { environment })
    expect(JSON.parse(older.output)).toMatchObject({ version: 1, numFiles: 1 })
  })

  test('the history begins with the newest', async () => {
    const { output } = await lake(['history', 'silver.events', '--limit', '2'], { environment })
    expect(
      output
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as object),
    ).toMatchObject([{ version: 2, operation: 'WRITE' }, { version: 1 }])
  })

  test('a damaged table hides none of the others where tables are listed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'damaged-lake-'))
    const url = pathToFileURL(folder).href
    for (const name of ['silver/events', 'bronze/events'])
      await lake(['create', join(folder, name), '--schema', 'id BIGINT'])
    await writeFile(join(folder, 'bronze/events/_delta_log', `${'1'.padStart(20, '0')}.json`), '{"add":')
    const { code, output, messages } = await lake(['tables'], { environment: { LAKE_URL: url } })
    const rows = output
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(rows.map(row => [row['table'], row['kind']])).toEqual([
      ['bronze.events', 'damaged'],
      ['silver.events', 'table'],
    ])
    expect(rows[0]?.['problem']).toMatch(/00000000000000000001\.json/)
    expect(code).toBe(1)
    expect(messages).toContain('Cannot be read: bronze.events')
    await rm(folder, { recursive: true })
  })

  test('a lake that is not there is an error where tables are listed, one that is empty is not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'empty-lake-'))
    expect(await lake(['tables'], { environment: { LAKE_URL: pathToFileURL(folder).href } })).toMatchObject({
      code: 0,
      output: '',
    })
    const missing = pathToFileURL(join(folder, 'nowhere')).href
    const { code, output, messages } = await lake(['tables'], { environment: { LAKE_URL: missing } })
    expect([code, output]).toEqual([1, ''])
    expect(messages).toContain(`There is no lake at ${missing}`)
    await rm(folder, { recursive: true })
  })

  test('tables that are there are listed with their rows', async () => {
    const { output } = await lake(['tables'], { environment })
    expect(
      output
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as object),
    ).toMatchObject([{ table: 'silver.events', version: 2, numFiles: 2, rows: 6 }])
  })
})
