import { describe, expect, test, vi } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import {
  type AddFile,
  createTable,
  decodeLogPath,
  DeltaTable,
  FileSkipper,
  inlineDeletionVector,
  readsNothing,
  RoaringBitmap,
  writeDataFile,
} from '../../../shared/delta/index.js'
import { optimizeTable } from '../../../shared/delta/maintenance/index.js'
import { objectStoreSource, openParquet } from '../../../shared/parquet/index.js'
import { duckDbClusterer } from '../../../shared/pipeline/maintenance/clusterer.js'
import { DuckDbSession, FileCache } from '../../../shared/query/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { StructType } from '../../../shared/types/index.js'
import { Random } from '../../random.js'

const schema: StructType = {
  type: 'struct',
  fields: [
    { name: 'x', type: 'double', nullable: true },
    { name: 'word', type: 'string', nullable: true },
    { name: 'at', type: 'timestamp', nullable: true },
  ],
}

/** A table of files in which every value is as likely. */
async function scattered(files: number, clustered = false) {
  const clock = new ManualClock()
  const store = new MemoryStore(clock)
  const table = new DeltaTable(store, { clock })
  const domainMetadata = {
    domain: 'delta.clustering',
    configuration: '{"clusteringColumns":[["x"],["word"]],"domainName":"delta.clustering"}',
    removed: false,
  }
  await table.commit(
    createTable({
      schema,
      createdTime: 1,
      ...(clustered
        ? {
            protocol: {
              minReaderVersion: 1,
              minWriterVersion: 7,
              writerFeatures: ['appendOnly', 'clustering', 'domainMetadata', 'invariants'],
            },
            actions: [{ domainMetadata }],
          }
        : {}),
    }),
  )
  const random = new Random(7)
  const append = async (rows: number) => {
    const data = [
      Array.from({ length: rows }, () => random.pick([random.next(), random.next(), random.next(), NaN, null])),
      Array.from({ length: rows }, () => random.pick([`it's ${random.below(1_000)}`, '😀', '', null])),
      Array.from({ length: rows }, () => BigInt(random.below(1e9))),
    ]
    const add = await writeDataFile(
      store,
      { schema, partitionColumns: [], configuration: {} },
      schema.fields.map((field, i) => ({ field, data: data[i] ?? [] })),
      {},
      { clock },
    )
    const state = await table.state({ fresh: true })
    const outcome = await table.commit({
      readVersion: state?.version ?? 0,
      actions: [{ add }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
    expect(outcome.kind).toBe('committed')
  }
  for (let i = 0; i < files; i++) await append(2_000)
  const rows = async () => {
    const texts: string[] = []
    for (const add of (await table.snapshot())?.files ?? []) {
      const file = await openParquet(objectStoreSource(store, decodeLogPath(add.path), add.size))
      for await (const row of file.rows())
        texts.push(
          JSON.stringify(Object.values(row), (_, v: unknown) =>
            typeof v === 'bigint' || Number.isNaN(v) ? String(v) : v,
          ),
        )
    }
    return texts.sort()
  }
  return { clock, table, rows, append }
}

const clusterer = (cache: FileCache) => duckDbClusterer(cache, [{ memoryLimit: 128 * 2 ** 20, threads: 1 }])

describe('clustering', () => {
  test.each([[[['x'], ['word']]], [[['x']]], [[['word'], ['x'], ['at']]]])(
    'by %j moves rows and loses none',
    async clusterBy => {
      await using cache = new FileCache({ limitBytes: 2 ** 30 })
      const { clock, table, rows } = await scattered(5)
      const before = await rows()
      const options = { clock, clusterBy, clusterer: clusterer(cache), targetFileSize: 8_000 }
      expect(await optimizeTable(table, options)).toMatchObject({ kind: 'optimized', metrics: { numRemovedFiles: 5 } })
      expect(await rows()).toEqual(before)
      expect(await optimizeTable(table, options)).toMatchObject({ kind: 'nothingToDo' })
    },
  )

  test('lets a reader skip files by each of the columns', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const { clock, table } = await scattered(6)
    const skipper = new FileSkipper({ schema, partitionColumns: [], configuration: {} })
    const read = (files: readonly AddFile[], column: string, value: string | number) =>
      files.filter(add => skipper.match(add, { op: '=', column, value }) !== 'no').length / files.length
    await optimizeTable(table, {
      clock,
      clusterBy: [['x'], ['word']],
      clusterer: clusterer(cache),
      targetFileSize: 4_000,
    })
    const files = (await table.snapshot())?.files ?? []
    expect(files.length).toBeGreaterThan(16)
    // Of a grid, a line crosses about its side: far fewer than all.
    expect(read(files, 'x', 0.3)).toBeLessThan(0.5)
    expect(read(files, 'word', "it's 500")).toBeLessThan(0.5)
  })

  test('follows the columns of a table with the clustering feature, and records it as other engines do', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const { clock, table, append } = await scattered(3, true)
    const options = { clock, clusterBy: [['at']], clusterer: clusterer(cache) }
    expect(await optimizeTable(table, options)).toMatchObject({ kind: 'optimized' })
    const [add] = (await table.snapshot())?.files ?? []
    expect(add).toMatchObject({ clusteringProvider: 'liquid', tags: { ZCUBE_ZORDER_BY: '["x","word"]' } })
    // Only what is new is sorted, as long as it is less than what was.
    await append(10)
    await append(10)
    expect(await optimizeTable(table, options)).toMatchObject({ kind: 'optimized', metrics: { numRemovedFiles: 2 } })
    expect((await table.snapshot())?.files.map(file => file.path)).toContain(add?.path)
  })

  test('of files that it does not accept is left undone, and small files are put together all the same', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const { clock, table, rows } = await scattered(3, true)
    const before = await rows()
    const options = { clock, clusterer: { ...clusterer(cache), accepts: () => false } }
    expect(await optimizeTable(table, options)).toMatchObject({
      kind: 'optimized',
      metrics: { numRemovedFiles: 3, numAddedFiles: 1 },
    })
    expect(await rows()).toEqual(before)
    const [add] = (await table.snapshot())?.files ?? []
    expect(add?.clusteringProvider).toBeUndefined()
    expect(add?.tags?.['ZCUBE_ZORDER_BY']).toBeUndefined()
    expect(await optimizeTable(table, options)).toMatchObject({ kind: 'nothingToDo' })
  })

  test('of rows that do not fit begins again with the next session, and leaves nothing of the first behind', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const { clock, table, rows } = await scattered(3)
    const before = await rows()
    const [tooSmall, enough] = [1, 128].map(megabytes => ({ memoryLimit: megabytes * 2 ** 20, threads: 1 }))
    if (tooSmall === undefined || enough === undefined) throw new Error('two sessions')
    const options = { clock, clusterBy: [['x'], ['word']], targetFileSize: 20_000 }
    const alone = optimizeTable(table, { ...options, clusterer: duckDbClusterer(cache, [tooSmall]) })
    await expect(alone).rejects.toMatchObject({ code: 'QUERY_OUT_OF_MEMORY' })
    const both = duckDbClusterer(cache, [tooSmall, enough])
    expect(await optimizeTable(table, { ...options, clusterer: both })).toMatchObject({ kind: 'optimized' })
    expect(await rows()).toEqual(before)
    const named = ((await table.snapshot())?.files ?? []).map(({ path }) => decodeLogPath(path))
    const stored: string[] = []
    for await (const { path } of table.store.list('')) if (path.endsWith('.parquet')) stored.push(path)
    expect(stored).toHaveLength(3 + named.length)
  })

  test('that fails for want of anything but memory is not begun again', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const { clock, table } = await scattered(2)
    for (const { path } of (await table.snapshot())?.files ?? []) await table.store.delete(decodeLogPath(path))
    const opened = vi.spyOn(DuckDbSession, 'open')
    const session = { memoryLimit: 128 * 2 ** 20, threads: 1 }
    const options = { clock, clusterBy: [['x']], clusterer: duckDbClusterer(cache, [session, session]) }
    await expect(optimizeTable(table, options)).rejects.toMatchObject({ code: 'QUERY_FILE_MISSING' })
    expect(opened).toHaveBeenCalledTimes(1)
    opened.mockRestore()
  })

  test('leaves deleted rows behind', async () => {
    await using cache = new FileCache({ limitBytes: 2 ** 30 })
    const { clock, table } = await scattered(2)
    const snapshot = await table.snapshot()
    const [first, second] = snapshot?.files ?? []
    if (snapshot === undefined || first === undefined || second === undefined) throw new Error('two files were written')
    const deletionVector = inlineDeletionVector(RoaringBitmap.of(Array.from({ length: 1_990 }, (_, i) => i)))
    const files = [
      { ...first, stats: undefined, deletionVector, records: 10n },
      { ...second, stats: undefined, records: 2_000n },
    ]
    const rewriter = clusterer(cache)
    expect(files.every(file => rewriter.accepts(file, snapshot))).toBe(true)
    const adds = await rewriter.rewrite({
      store: table.store,
      state: snapshot,
      files,
      targetFileSize: 2 ** 20,
      clusterBy: [['word']],
      clock,
    })
    expect(adds.map(({ stats }) => (JSON.parse(stats ?? '{}') as { numRecords: number }).numRecords)).toEqual([2_010])
  })
})
