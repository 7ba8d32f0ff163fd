import { describe, expect, test } from 'vitest'

import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { readChanges } from '../../../shared/delta/changeDataFeed/changeDataFeed.js'
import { deletionVectorPath, encodeDeletionVector } from '../../../shared/delta/deletionVectors/deletionVector.js'
import { planRestore, restoreTable } from '../../../shared/delta/dml/restoreTable.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import { formatSchema } from '../../../shared/delta/schema/schema.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import type { StructField } from '../../../shared/types/index.js'
import { allRows, columnField, LogFixture } from '../logFixture.js'

const id = columnField('id', 'long')
const p = columnField('p', 'string')
const longs = (...values: number[]) => BigInt64Array.from(values.map(BigInt))
const vectors = ['deletionVectors']

const removed = ({ path, partitionValues, size, deletionVector }: AddFile): Action => ({
  remove: {
    path,
    dataChange: true,
    deletionTimestamp: 0,
    extendedFileMetadata: true,
    partitionValues,
    size,
    deletionVector,
  },
})

async function setMetadata(
  log: LogFixture,
  changes: { readonly fields?: readonly StructField[]; readonly configuration?: Readonly<Record<string, string>> },
): Promise<Action> {
  const { metadata } = await log.snapshot()
  const { fields, configuration = metadata.configuration } = changes
  return {
    metaData: {
      ...metadata,
      configuration,
      ...(fields === undefined ? {} : { schemaString: formatSchema({ type: 'struct', fields }) }),
    },
  }
}

async function rowsOf(log: LogFixture): Promise<unknown[]> {
  const snapshot = await log.snapshot()
  return (await allRows(scanRows(log.store, snapshot).batches)).sort()
}

/** v0: a, v1: a and b, v2: only b. */
async function threeVersions() {
  const log = new LogFixture({ fields: [id] })
  const [a, b] = [await log.file('a', { id: longs(1, 2) }), await log.file('b', { id: longs(3) })]
  await log.commit({ add: a })
  await log.commit({ add: b })
  await log.commit(removed(a))
  return { log, table: new DeltaTable(log.store, { clock: log.clock }), a, b }
}

describe('restoring a table', () => {
  test('brings back files that have gone and removes those that came since', async () => {
    const { log, table, a, b } = await threeVersions()
    const outcome = await restoreTable(table, { version: 0 }, { clock: log.clock })
    expect(outcome).toEqual({
      kind: 'committed',
      version: 3,
      metrics: {
        numRestoredFiles: 1n,
        restoredFilesSize: BigInt(a.size),
        numRemovedFiles: 1n,
        removedFilesSize: BigInt(b.size),
        numOfFilesAfterRestore: 1n,
        tableSizeAfterRestore: BigInt(a.size),
      },
    })
    expect(await rowsOf(log)).toEqual([[1n], [2n]])
    const [entry] = await table.history(1)
    expect(entry).toMatchObject({
      operation: 'RESTORE',
      operationParameters: { version: 0, timestamp: null },
      isBlindAppend: false,
      operationMetrics: { numRestoredFiles: '1' },
    })
  })

  test('to a time is to the newest version of then, and to the newest of all is nothing to do', async () => {
    const { log, table } = await threeVersions()
    const clock = log.clock
    const first = clock.now()
    expect(await restoreTable(table, { timestamp: first + 1000 }, { clock })).toEqual({
      kind: 'nothingToDo',
      version: 2,
    })
    await expect(restoreTable(table, { timestamp: first - 1 }, { clock })).rejects.toMatchObject({
      code: 'DELTA_NO_VERSION',
      data: { oldestTimestamp: first },
    })
    expect(await restoreTable(table, { timestamp: first }, { clock })).toMatchObject({ kind: 'committed' })
    expect((await table.history(1))[0]?.operationParameters).toEqual({
      version: null,
      timestamp: '2025-01-01 00:00:00.0',
    })
    await expect(restoreTable(table, { version: 9 }, { clock })).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
  })

  test('of a version whose files were deleted names them, and writes nothing; what is left is restored when that is asked', async () => {
    const { log, table, a } = await threeVersions()
    await log.store.delete(a.path)
    await expect(restoreTable(table, { version: 1 })).rejects.toMatchObject({
      code: 'DELTA_FILE_MISSING',
      data: { files: 'a', version: 1 },
    })
    expect((await log.snapshot()).version).toBe(2)
    expect(await restoreTable(table, { version: 1 }, { ignoreMissingFiles: true })).toMatchObject({
      kind: 'committed',
      version: 3,
    })
  })

  test('gives rows their deletion vectors of then, and the change feed shows which rows came and went', async () => {
    const configuration = { 'delta.enableChangeDataFeed': 'true', 'delta.enableDeletionVectors': 'true' }
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: vectors,
      writerFeatures: [...vectors, 'changeDataFeed'],
    }
    const log = new LogFixture({ fields: [id], configuration, protocol })
    const whole = await log.file('a', { id: longs(0, 1, 2, 3) }, { stats: '{"numRecords":4}' })
    const vector = async (positions: number[]) => {
      const { name, bytes, vector: found } = encodeDeletionVector(positions)
      await log.store.put(name, bytes)
      return found
    }
    const first = { ...whole, deletionVector: await vector([1]) }
    const second = { ...whole, deletionVector: await vector([1, 2]) }
    await log.commit({ add: whole })
    await log.commit(removed(whole), { add: first })
    await log.commit(removed(first), { add: second })
    const table = new DeltaTable(log.store, { clock: log.clock })
    await restoreTable(table, { version: 1 })
    expect(await rowsOf(log)).toEqual([[0n], [2n], [3n]])
    await restoreTable(table, { version: 0 })
    expect(await rowsOf(log)).toEqual([[0n], [1n], [2n], [3n]])
    const { batches } = await readChanges(log.store, { from: 3, columns: ['id', '_change_type', '_commit_version'] })
    expect(await allRows(batches)).toEqual([
      [2n, 'insert', 3n],
      [1n, 'insert', 4n],
    ])
    // A vector is a file as well.
    await log.store.delete(deletionVectorPath(first.deletionVector))
    await expect(restoreTable(table, { version: 1 })).rejects.toMatchObject({ code: 'DELTA_FILE_MISSING' })
  })

  test('takes schema and properties back, and never the protocol', async () => {
    const log = new LogFixture({ fields: [id] })
    await log.commit({ add: await log.file('a', { id: longs(1) }) })
    const protocol = {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: vectors,
      writerFeatures: ['appendOnly', ...vectors, 'invariants'],
    }
    await log.commit(
      await setMetadata(log, { fields: [id, p], configuration: { 'delta.enableDeletionVectors': 'true', mine: '1' } }),
      { protocol },
    )
    const table = new DeltaTable(log.store, { clock: log.clock })
    await restoreTable(table, { version: 0 })
    const { schema, metadata, protocol: after } = await log.snapshot()
    expect(schema.fields.map(field => field.name)).toEqual(['id'])
    expect(metadata.configuration).toEqual({})
    expect(after).toEqual(protocol)
    // There and back again.
    await restoreTable(table, { version: 1 })
    expect((await log.snapshot()).metadata.configuration).toEqual({ 'delta.enableDeletionVectors': 'true', mine: '1' })
  })

  test('brings a feature back that was dropped since', async () => {
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: vectors, writerFeatures: vectors }
    const log = new LogFixture({ fields: [id], protocol })
    await log.commit({ add: await log.file('a', { id: longs(1) }) })
    await log.commit({ protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['appendOnly'] } })
    await restoreTable(new DeltaTable(log.store, { clock: log.clock }), { version: 0 })
    expect((await log.snapshot()).protocol).toEqual({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: vectors,
      writerFeatures: ['appendOnly', ...vectors],
    })
  })

  test('does not give row ids and column ids a second time', async () => {
    const features = ['columnMapping', 'domainMetadata', 'rowTracking']
    const mapped = (name: string, column: number) =>
      columnField(name, 'long', { 'delta.columnMapping.id': column, 'delta.columnMapping.physicalName': `c${column}` })
    const mapping = (most: number) => ({
      'delta.columnMapping.mode': 'name',
      'delta.columnMapping.maxColumnId': String(most),
    })
    const log = new LogFixture({
      fields: [mapped('id', 1)],
      configuration: mapping(1),
      protocol: { minReaderVersion: 2, minWriterVersion: 7, writerFeatures: features },
    })
    const [a, b] = [
      await log.file('a', {}, { baseRowId: 0n, defaultRowCommitVersion: 0n }),
      await log.file('b', {}, { baseRowId: 5n, defaultRowCommitVersion: 1n }),
    ]
    await log.commit(
      { add: a },
      { domainMetadata: { domain: 'delta.rowTracking', configuration: '{"rowIdHighWaterMark":4}', removed: false } },
    )
    await log.commit(
      { add: b },
      { domainMetadata: { domain: 'delta.rowTracking', configuration: '{"rowIdHighWaterMark":9}', removed: false } },
      await setMetadata(log, { fields: [mapped('id', 1), mapped('x', 2)], configuration: mapping(2) }),
    )
    await log.commit(removed(a))
    await restoreTable(new DeltaTable(log.store, { clock: log.clock }), { version: 0 })
    const { files, domains, metadata } = await log.snapshot()
    expect(files).toMatchObject([{ path: 'a', baseRowId: 0n, defaultRowCommitVersion: 0n }])
    expect(domains.get('delta.rowTracking')?.configuration).toBe('{"rowIdHighWaterMark":9}')
    expect(metadata.configuration).toEqual(mapping(2))
  })

  test('clusters by the columns of then, and keeps what others have noted in the log', async () => {
    const clustering = (...columns: string[]): Action => ({
      domainMetadata: {
        domain: 'delta.clustering',
        configuration: JSON.stringify({
          clusteringColumns: columns.map(name => [name]),
          domainName: 'delta.clustering',
        }),
        removed: false,
      },
    })
    const note: Action = { domainMetadata: { domain: 'mine', configuration: 'x', removed: false } }
    const log = new LogFixture({
      fields: [id, p],
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['clustering', 'domainMetadata'] },
    })
    await log.commit()
    await log.commit(clustering('id'))
    await log.commit(clustering('p'), note, { txn: { appId: 'app', version: 7n } })
    const table = new DeltaTable(log.store, { clock: log.clock })
    const columns = async () =>
      (
        JSON.parse((await log.snapshot()).domains.get('delta.clustering')?.configuration ?? '{}') as {
          clusteringColumns?: unknown
        }
      ).clusteringColumns
    await restoreTable(table, { version: 1 })
    expect(await columns()).toEqual([['id']])
    await restoreTable(table, { version: 0 })
    expect(await columns()).toEqual([])
    const { domains, txns } = await log.snapshot()
    expect([domains.get('mine')?.configuration, txns.get('app')?.version]).toEqual(['x', 7n])
  })

  test('keeps since when commits say their own time', async () => {
    const log = new LogFixture({
      fields: [id],
      configuration: { 'delta.enableInCommitTimestamps': 'true' },
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['inCommitTimestamp'] },
    })
    const at = (ms: number): Action => ({ commitInfo: { inCommitTimestamp: ms } })
    await log.commit(at(1), { add: await log.file('a', { id: longs(1) }) })
    await log.commit(await setMetadata(log, { configuration: {} }))
    const since = {
      'delta.enableInCommitTimestamps': 'true',
      'delta.inCommitTimestampEnablementVersion': '2',
      'delta.inCommitTimestampEnablementTimestamp': '5000000000000',
    }
    await log.commit(at(5_000_000_000_000), await setMetadata(log, { configuration: since }), {
      add: await log.file('b', { id: longs(2) }),
    })
    const table = new DeltaTable(log.store, { clock: log.clock })
    await restoreTable(table, { version: 0 })
    const { metadata, timestamp } = await log.snapshot()
    expect(metadata.configuration).toEqual(since)
    expect(timestamp).toBe(5_000_000_000_001)
    expect(await rowsOf(log)).toEqual([[1n]])
  })

  test('is refused where rows may only be added', async () => {
    const log = new LogFixture({ fields: [id], configuration: { 'delta.appendOnly': 'true' } })
    await log.commit({ add: await log.file('a', { id: longs(1) }) })
    await log.commit({ add: await log.file('b', { id: longs(2) }) })
    await expect(restoreTable(new DeltaTable(log.store), { version: 0 })).rejects.toMatchObject({
      code: 'DELTA_APPEND_ONLY',
    })
  })

  test('goes back to a version in which rows could only be added', async () => {
    const log = new LogFixture({ fields: [id], configuration: { 'delta.appendOnly': 'true' } })
    const a = await log.file('a', { id: longs(1) })
    await log.commit({ add: a })
    await log.commit(await setMetadata(log, { configuration: {} }), removed(a), {
      add: await log.file('b', { id: longs(2) }),
    })
    expect(await restoreTable(new DeltaTable(log.store), { version: 0 })).toMatchObject({
      kind: 'committed',
      version: 2,
    })
    expect((await log.snapshot()).metadata.configuration).toEqual({ 'delta.appendOnly': 'true' })
    expect(await rowsOf(log)).toEqual([[1n]])
  })

  test('does not take away rows that came after it was planned', async () => {
    const { log, table } = await threeVersions()
    const current = await log.snapshot()
    const plan = await planRestore(table, current, { version: 0 })
    await log.commit({ add: await log.file('late', { id: longs(9) }) })
    if (plan === undefined) throw new Error('there was something to restore')
    expect(await table.commit({ ...plan.transaction, readVersion: current.version })).toMatchObject({
      kind: 'conflict',
      reason: 'concurrentAppend',
    })
  })

  test('planned only leaves no trace', async () => {
    const { log, table } = await threeVersions()
    const before = await log.snapshot()
    expect((await planRestore(table, before, { version: 0 }))?.metrics).toMatchObject({
      numRestoredFiles: 1n,
      numRemovedFiles: 1n,
    })
    expect(await log.snapshot()).toEqual(before)
  })
})
