import { describe, expect, test } from 'vitest'

import { encodeAction } from '../../../shared/delta/actions/actionCodec.js'
import type { AddFile, Metadata } from '../../../shared/delta/actions/actions.js'
import { encodeDeletionVector } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { commitInfoOf } from '../../../shared/delta/log/commit.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { keptFeatures } from '../../../shared/delta/protocol/features.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import { formatSchema } from '../../../shared/delta/schema/schema.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { bufferSource, encodeParquet, openParquet } from '../../../shared/parquet/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { variantType } from '../../../shared/types/index.js'
import { allRows, columnField, LogFixture } from '../logFixture.js'
import { RowTable, schema, upTo } from './rowTable.js'

async function withFaults(): Promise<{ rows: RowTable; faults: Faults }> {
  const faults = new Faults()
  const rows = await RowTable.create(
    {},
    (store, clock) => new DeltaTable(new FaultyStore(store, faults, clock), { clock, random: () => 0.5 }),
  )
  return { rows, faults }
}

const isCommit = (path: string) => /_delta_log\/\d{20}\.json$/.test(path)

describe('optimize', () => {
  test('puts small files of a partition into one, with the same rows and their exact statistics', async () => {
    const t = await RowTable.create()
    for (let i = 0; i < 5; i++) await t.append(upTo(10 * i + 10, 10 * i), i % 2 === 0 ? 'a' : 'b')
    const before = await t.rows()
    const outcome = await optimizeTable(t.table, { clock: t.clock })
    expect(outcome).toMatchObject({
      kind: 'optimized',
      version: 6,
      commits: 1,
      rows: 50,
      dropped: 0,
      more: false,
      metrics: { numRemovedFiles: 5, numAddedFiles: 2 },
    })
    expect(await t.rows()).toEqual(before)
    const a = (await t.files()).find(file => file.partitionValues['p'] === 'a')
    expect(JSON.parse(a?.stats ?? '')).toEqual({
      numRecords: 30,
      minValues: { id: 0, text: 'row 1' },
      maxValues: { id: 49, text: 'row 9' },
      nullCount: { id: 0, text: 6 },
    })
  })

  test('lets others pass before each file that it reads and each row group that it writes', async () => {
    const t = await RowTable.create()
    for (let i = 0; i < 20; i++) await t.append([i])
    const stop = () => Promise.reject(new Error('not now'))
    await expect(optimizeTable(t.table, { clock: t.clock, between: stop })).rejects.toThrow('not now')
    let passed = 0
    const between = () => {
      passed++
      return Promise.resolve()
    }
    expect(await optimizeTable(t.table, { clock: t.clock, between })).toMatchObject({ rows: 20 })
    expect(passed).toBe(21)
  })

  test('changes no data: every add and remove says so, and history shows the names that other engines use', async () => {
    const t = await RowTable.create()
    for (let i = 0; i < 3; i++) await t.append([i])
    await optimizeTable(t.table, { clock: t.clock })
    for await (const { actions } of t.table.commits(4, 4)) {
      const flags = actions.flatMap(action =>
        'add' in action ? [action.add.dataChange] : 'remove' in action ? [action.remove.dataChange] : [],
      )
      expect(flags).toEqual([false, false, false, false])
      expect(commitInfoOf(actions)).toMatchObject({
        operation: 'OPTIMIZE',
        operationParameters: { predicate: '[]', zOrderBy: '[]', clusterBy: '[]', auto: false },
        operationMetrics: { numRemovedFiles: '3', numAddedFiles: '1', numDeletionVectorsRemoved: '0' },
      })
    }
  })

  test('variants go on as they are, and those in parts in one piece', async () => {
    const features = ['variantType', 'variantShredding']
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features }
    const fixture = new LogFixture({ fields: [columnField('v', variantType)], protocol })
    const binary = ['metadata', 'value'].map(name => columnField(name, 'binary'))
    const inParts = new LogFixture({
      fields: [columnField('v', { type: 'struct', fields: [...binary, columnField('typed_value', 'long')] })],
    })
    const [metadata, text] = [Uint8Array.of(1, 0, 0), Uint8Array.of(5, 97)]
    const parts = [{ metadata, value: null, typed_value: 7n }, { metadata, value: text, typed_value: null }, null]
    const first = await inParts.file('a.parquet', { v: parts })
    await fixture.store.put('a.parquet', (await inParts.store.get('a.parquet')) ?? new Uint8Array())
    await fixture.commit({ add: first }, { add: await fixture.file('b.parquet', { v: [{ metadata, value: text }] }) })
    const { clock } = fixture
    expect(await optimizeTable(new DeltaTable(fixture.store, { clock }), { clock })).toMatchObject({
      kind: 'optimized',
      metrics: { numRemovedFiles: 2, numAddedFiles: 1 },
    })
    const rows = await allRows(scanRows(fixture.store, await fixture.snapshot()).batches)
    const bytes = rows.map(([v]) => (v === null ? null : Array.from((v as { value: Uint8Array }).value)))
    expect(bytes.map(String).sort()).toEqual(['12,7', '5,97', '5,97', 'null'])
    expect((await fixture.snapshot()).files.map(({ stats }) => JSON.parse(stats ?? '') as unknown)).toEqual([
      { numRecords: 4, nullCount: { v: 1 } },
    ])
  })

  test('finds nothing to do the second time', async () => {
    const t = await RowTable.create()
    for (let i = 0; i < 6; i++) await t.append(upTo(i + 3))
    await optimizeTable(t.table, { clock: t.clock })
    expect(await optimizeTable(t.table, { clock: t.clock })).toEqual({ kind: 'nothingToDo', version: 7 })
  })

  test('leaves large files, young files, other partitions and too few files alone', async () => {
    const t = await RowTable.create()
    const large = await t.append(upTo(5_000))
    await t.append([1])
    await t.append([2])
    const threshold = large.size
    t.clock.advance(1_000)
    const olderThan = t.clock.now() - 500
    await t.append([3])
    expect(await optimizeTable(t.table, { clock: t.clock, threshold, olderThan, minFiles: 3 })).toMatchObject({
      kind: 'nothingToDo',
    })
    expect(
      await optimizeTable(t.table, { clock: t.clock, threshold, olderThan, where: ({ p }) => p !== 'a' }),
    ).toMatchObject({ kind: 'nothingToDo' })
    expect(await optimizeTable(t.table, { clock: t.clock, threshold, olderThan })).toMatchObject({
      metrics: { numRemovedFiles: 2 },
    })
    expect((await t.files()).map(file => file.path)).toContain(large.path)
    expect(await t.files()).toHaveLength(3)
  })

  test('never mixes groups, and bounds what one commit and one call replace', async () => {
    const t = await RowTable.create()
    for (let i = 0; i < 12; i++) await t.append([i], i < 6 ? 'a' : 'b')
    const rows = await t.rows()
    const groupOf = (add: AddFile) => String(Number(/"id":(\d+)/.exec(add.stats ?? '')?.[1]) % 2)
    const first = await optimizeTable(t.table, { clock: t.clock, groupOf, commitBytes: 1, maxBytes: 2_500 })
    expect(first).toMatchObject({ kind: 'optimized', more: true })
    const rest = await optimizeTable(t.table, { clock: t.clock, groupOf, commitBytes: 1 })
    expect(rest).toMatchObject({ kind: 'optimized', more: false })
    expect(await t.rows()).toEqual(rows)
    expect(await t.files()).toHaveLength(4)
  })

  test('goes on top of appends that came first', async () => {
    const { rows: t, faults } = await withFaults()
    for (let i = 0; i < 3; i++) await t.append([i], 'a', t.other())
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          await t.append([99], 'a', t.other())
        },
      },
    })
    expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({
      kind: 'optimized',
      version: 5,
      dropped: 0,
    })
    expect(faults.struck).toBe(1)
    expect((await t.rows()).length).toBe(4)
  })

  test('drops the rewrite of a file that somebody removed meanwhile, commits the others and leaves nothing behind', async () => {
    const { rows: t, faults } = await withFaults()
    for (let i = 0; i < 3; i++) await t.append([i], 'a', t.other())
    const doomed = await t.append([50], 'b', t.other())
    await t.append([51], 'b', t.other())
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          await t.commit(
            [
              {
                remove: {
                  path: doomed.path,
                  dataChange: true,
                  deletionTimestamp: 1,
                  partitionValues: { p: 'b' },
                  size: doomed.size,
                },
              },
            ],
            t.other(),
            false,
          )
        },
      },
    })
    expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({
      kind: 'optimized',
      dropped: 1,
      metrics: { numRemovedFiles: 3 },
    })
    expect(await t.rows()).toEqual(['a/0:null', 'a/1:row 1', 'a/2:row 2', 'b/51:row 51'])
    // Five old files and the one new one.
    expect(await t.dataFiles()).toHaveLength(6)
  })

  test('drops the rewrite of a file whose entry was renewed meanwhile', async () => {
    const { rows: t, faults } = await withFaults()
    const renewed = await t.append([1], 'a', t.other())
    await t.append([2], 'a', t.other())
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          await t.commit([{ add: { ...renewed, dataChange: false, tags: { mine: '1' } } }], t.other())
        },
      },
    })
    expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({
      kind: 'optimized',
      commits: 0,
      dropped: 1,
    })
    expect((await t.files()).find(({ path }) => path === renewed.path)?.tags).toEqual({ mine: '1' })
    expect(await t.files()).toHaveLength(2)
  })

  test('gives up when the schema was changed meanwhile, and goes on when only a property was', async () => {
    for (const [change, kind] of [
      ['schema', 'nothingToDo'],
      ['property', 'optimized'],
    ] as const) {
      const { rows: t, faults } = await withFaults()
      for (let i = 0; i < 3; i++) await t.append([i], 'a', t.other())
      faults.add({
        on: 'putIfAbsent',
        path: isCommit,
        fault: {
          kind: 'interleave',
          first: async () => {
            const state = await t.other().state()
            if (state === undefined) return
            const { schemaString, configuration } = state.metadata
            const wider = schemaString.replace(
              '"fields":[',
              '"fields":[{"name":"new","type":"long","nullable":true,"metadata":{}},',
            )
            await t.commit(
              [
                {
                  metaData: {
                    ...state.metadata,
                    schemaString: change === 'schema' ? wider : schemaString,
                    configuration: change === 'schema' ? configuration : { 'delta.targetFileSize': '1mb' },
                  },
                },
              ],
              t.other(),
              false,
            )
          },
        },
      })
      expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({ kind })
      expect(await t.dataFiles()).toHaveLength(change === 'schema' ? 3 : 4)
      expect(await t.rows()).toHaveLength(3)
    }
  })

  test('is done once when the answer to its commit was lost', async () => {
    const { rows: t, faults } = await withFaults()
    for (let i = 0; i < 3; i++) await t.append([i], 'a', t.other())
    faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' } })
    expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({ kind: 'optimized', version: 4 })
    expect((await t.rows()).length).toBe(3)
  })

  test('leaves the table as it was when a file cannot be read', async () => {
    const t = await RowTable.create()
    const gone = await t.append([1])
    await t.append([2])
    await t.store.delete(gone.path)
    await expect(optimizeTable(t.table, { clock: t.clock })).rejects.toMatchObject({ code: 'DELTA_FILE_MISSING' })
    expect((await t.table.state({ fresh: true }))?.version).toBe(2)
    expect(await t.dataFiles()).toHaveLength(1)
  })

  test('changes nothing when the files hold other rows than their statistics say', async () => {
    const t = await RowTable.create()
    const add = await t.write([1, 2])
    await t.commit([{ add: { ...add, stats: '{"numRecords":3}' } }])
    await t.append([4])
    await expect(optimizeTable(t.table, { clock: t.clock })).rejects.toMatchObject({ code: 'DELTA_BAD_STATISTICS' })
    expect(await t.dataFiles()).toHaveLength(2)
    expect(await t.files()).toHaveLength(2)
  })

  test('refuses a table with a feature that it does not know, before anything is written', async () => {
    const store = new MemoryStore()
    const table = new DeltaTable(store)
    await expect(
      table.commit(
        createTable({
          schema,
          createdTime: 1,
          protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['newest'] },
        }),
      ),
    ).rejects.toThrow()
    const t = await RowTable.create()
    await t.append([1])
    await t.append([2])
    const path = '_delta_log/00000000000000000003.json'
    await t.store.put(
      path,
      new TextEncoder().encode(
        '{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["newest"]}}\n',
      ),
    )
    await expect(optimizeTable(t.table, { clock: t.clock })).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
    })
    expect(await t.dataFiles()).toHaveLength(2)
  })

  test('leaves deleted rows out, and their vectors behind', async () => {
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['deletionVectors'],
    }
    const t = await RowTable.create()
    const first = await t.append([1, 2, 3])
    const second = await t.append([4])
    const { vector, bytes, name } = encodeDeletionVector([0, 2])
    await t.store.put(name, bytes)
    const log = [
      { protocol },
      {
        remove: {
          path: first.path,
          dataChange: true,
          deletionTimestamp: 1,
          partitionValues: first.partitionValues,
          size: first.size,
        },
      },
      { add: { ...first, deletionVector: vector } },
    ]
    await t.store.put(commitPath(3), new TextEncoder().encode(log.map(action => encodeAction(action)).join('\n')))
    expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({
      kind: 'optimized',
      metrics: { numRemovedFiles: 2 },
    })
    expect(await t.rows()).toEqual(['a/2:row 2', 'a/4:row 4'])
    const [entry] = await t.table.history(1)
    expect(entry?.operationMetrics).toMatchObject({ numDeletionVectorsRemoved: '1' })
    const tombstones = (await t.other().snapshot())?.tombstones ?? []
    expect(tombstones.map(file => [file.path, file.deletionVector?.cardinality])).toEqual(
      expect.arrayContaining([
        [first.path, 2n],
        [second.path, undefined],
      ]),
    )
  })

  test('gives up what was made without row ids when rows are tracked meanwhile', async () => {
    const { rows: t, faults } = await withFaults()
    for (let i = 0; i < 2; i++) await t.append([i], 'a', t.other())
    const state = await t.other().state()
    if (state === undefined) throw new Error('no table')
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: {
        kind: 'interleave',
        first: async () => {
          const names = {
            'delta.rowTracking.materializedRowIdColumnName': '_row-id',
            'delta.rowTracking.materializedRowCommitVersionColumnName': '_row-version',
          }
          await t.other().commit({
            readVersion: 2,
            actions: [
              {
                protocol: {
                  minReaderVersion: 1,
                  minWriterVersion: 7,
                  writerFeatures: ['domainMetadata', 'rowTracking'],
                },
              },
              {
                metaData: {
                  ...state.metadata,
                  configuration: { ...state.metadata.configuration, ...names, 'delta.enableRowTracking': 'true' },
                },
              },
            ],
            operation: 'SET TBLPROPERTIES',
            isBlindAppend: false,
            reads: readsNothing,
            keeps: keptFeatures,
          })
        },
      },
    })
    const files = await t.files()
    expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({ kind: 'nothingToDo' })
    expect(await t.files()).toEqual(files)
    expect(await t.dataFiles()).toHaveLength(2)
  })

  test('writes mapped columns under their physical names', async () => {
    const mapped = {
      type: 'struct' as const,
      fields: schema.fields.map((field, i) => ({
        ...field,
        name: `renamed ${field.name}`,
        metadata: { 'delta.columnMapping.id': i + 1, 'delta.columnMapping.physicalName': field.name },
      })),
    }
    for (const mode of ['name', 'id']) {
      const t = await RowTable.create()
      for (let i = 0; i < 2; i++) await t.append([i])
      if (mode === 'id') {
        for (const { path } of await t.files()) {
          const file = await openParquet(bufferSource((await t.store.get(path)) ?? new Uint8Array()))
          const columns = await file.readColumns()
          await t.store.put(
            path,
            encodeParquet(
              columns.map((column, i) => ({
                ...column,
                field: { ...column.field, metadata: mapped.fields[i]?.metadata },
              })),
            ),
          )
        }
      }
      const state = await t.table.state({ fresh: true })
      const metaData = {
        ...state?.metadata,
        schemaString: formatSchema(mapped),
        partitionColumns: ['renamed p'],
        configuration: { 'delta.columnMapping.mode': mode },
      } as Metadata
      const sizes = await Promise.all(
        (await t.files()).map(async add => ({ add: { ...add, size: (await t.store.head(add.path))?.size ?? 0 } })),
      )
      const log = [{ protocol: { minReaderVersion: 2, minWriterVersion: 5 } }, { metaData }, ...sizes]
      await t.store.put(commitPath(3), new TextEncoder().encode(log.map(action => encodeAction(action)).join('\n')))
      const rows = await t.rows()
      expect(await optimizeTable(t.table, { clock: t.clock })).toMatchObject({ kind: 'optimized' })
      expect(await t.rows()).toEqual(rows)
      const [add] = await t.files()
      expect(JSON.parse(add?.stats ?? '')).toMatchObject({
        numRecords: 2,
        minValues: { id: 0 },
        maxValues: { id: 1, text: 'row 1' },
      })
      const file = await openParquet(bufferSource((await t.store.get(add?.path ?? '')) ?? new Uint8Array()))
      expect(file.fields.map(field => [field.name, field.metadata?.['delta.columnMapping.id']])).toEqual([
        ['id', 1],
        ['text', 2],
      ])
    }
  })
})
