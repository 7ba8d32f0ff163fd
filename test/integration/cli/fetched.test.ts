import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTable, DeltaTable, readsNothing, writeDataFile } from '../../../shared/delta/index.js'
import { LakeCatalog, preparedRows } from '../../../shared/query/catalog/index.js'
import { DuckDbSession, FileCache } from '../../../shared/query/index.js'
import { openAzureBlob } from '../../../shared/storage/azureBlob/index.js'
import { LocalDiskStore, type ObjectStore } from '../../../shared/storage/index.js'
import type { StructField, StructType } from '../../../shared/types/index.js'
import { lake } from '../../cli/testShell.js'
import { type Azurite, startAzurite } from '../../harness/azurite.js'
import { randomColumn } from '../../parquet/randomColumns.js'
import { farStore } from '../../query/scan/farStore.js'
import { Random } from '../../random.js'

const field = (name: string, type: StructField['type']): StructField => ({ name, type, nullable: true })
const schema: StructType = {
  type: 'struct',
  fields: [
    field('id', 'long'),
    field('a', 'long'),
    field('b', 'double'),
    field('c', 'string'),
    field('d', { type: 'struct', fields: [field('x', 'long'), field('y', 'string')] }),
    field('p', 'string'),
  ],
}

let azurite: Azurite
let folder: string
let container: ObjectStore

/** The same rows wherever it is: three files of four row groups each. */
async function fill(store: ObjectStore): Promise<void> {
  const random = new Random(11)
  const table = new DeltaTable(store.within('sales/eu'))
  await table.commit(createTable({ schema, partitionColumns: ['p'], createdTime: 0 }))
  for (const [version, p] of ['a', 'b', 'c'].entries()) {
    const columns = schema.fields
      .filter(({ name }) => name !== 'p')
      .map(of =>
        of.name === 'id'
          ? { field: of, data: BigInt64Array.from({ length: 40_000 }, (_, r) => BigInt(version * 40_000 + r)) }
          : randomColumn(random, of, 40_000),
      )
    const layout = { schema, partitionColumns: ['p'], configuration: {} }
    const add = await writeDataFile(table.store, layout, columns, { p }, { rowGroupRows: 10_000 })
    await table.commit({
      readVersion: version,
      actions: [{ add }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
  }
}

beforeAll(async () => {
  azurite = await startAzurite()
  folder = await mkdtemp(join(tmpdir(), 'fetched-'))
  container = await openAzureBlob(`${azurite.url}/lake/a folder`, { connectionString: azurite.connectionString })
  await fill(container)
  await fill(new LocalDiskStore(folder))
})

afterAll(async () => {
  await azurite.stop()
  await rm(folder, { recursive: true, force: true })
})

async function run(words: readonly string[], where: 'blob' | 'disk'): Promise<string> {
  const environment: Record<string, string> =
    where === 'disk'
      ? { LAKE_URL: pathToFileURL(folder).href }
      : { LAKE_URL: `${azurite.url}/lake/a folder`, LAKE_CONNECTION_STRING: azurite.connectionString }
  const { code, output, messages } = await lake(words, { environment })
  expect([code, messages], words.join(' ')).toEqual([0, ''])
  return output
}

describe('a lake in blob storage', () => {
  test.each([
    ['read', 'sales.eu', '--where', 'id BETWEEN 54998 AND 55004', '--columns', 'id,d,p'],
    ['read', 'sales.eu', '--where', "p = 'c' AND a < 5", '--columns', 'id,c'],
    ['sql', 'SELECT p, count(*), max(id), min(d.x) FROM sales.eu GROUP BY ALL ORDER BY ALL'],
    ['sql', "SELECT id, c FROM sales.eu WHERE id > 119990 AND p <> 'a' ORDER BY id"],
    ['sql', 'SELECT count(*) FROM sales.eu AS a JOIN sales.eu AS b USING (id) WHERE a.id < 500'],
  ])('answers as one on the disk does, and says as much: %s %s', async (...words) => {
    const command = words.filter(word => typeof word === 'string')
    expect(await run(command, 'blob')).toBe(await run(command, 'disk'))
    const [onBlob, onDisk] = [
      await run([...command, '--explain'], 'blob'),
      await run([...command, '--explain'], 'disk'),
    ]
    const plan = JSON.parse(onBlob) as Record<string, number>
    const same = JSON.parse(onDisk) as Record<string, number>
    for (const key of ['files', 'filesRead', 'rowGroups', 'rowGroupsRead', 'columns'])
      expect(plan[key], key).toBe(same[key])
    expect(plan['bytesFetched']).toBeGreaterThan(0)
  })

  test('what is said to be fetched is what the service sends', async () => {
    const reads = { bytes: 0 }
    const table = new DeltaTable(farStore(container, reads).within('sales/eu'))
    await using cache = new FileCache({ limitBytes: 2 ** 28 })
    await using session = await DuckDbSession.open()
    using catalog = new LakeCatalog({ session, cache, streams: [], table: () => table })
    const sql = 'SELECT c FROM sales.eu WHERE id = 60000'
    const [plan] = await catalog.explain(sql)
    reads.bytes = 0
    const { batches } = await preparedRows(session, catalog, sql, await catalog.prepare(sql))
    let rows = 0
    for await (const batch of batches) rows += batch.length
    expect(rows).toBe(1)
    expect(reads.bytes).toBe(plan?.fetched.bytes)
    expect(plan).toMatchObject({ fetched: { rowGroups: 4, rowGroupsRead: 1 }, skippedByStatistics: 2, columnsRead: 2 })
    expect(reads.bytes).toBeLessThan((plan?.bytesRead ?? 0) / 3)
  })
})
