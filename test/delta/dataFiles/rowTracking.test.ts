import { describe, expect, test } from 'vitest'

import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { readDataFile } from '../../../shared/delta/dataFiles/dataFileRows.js'
import { originReading } from '../../../shared/delta/dataFiles/rowOrigins.js'
import { rowTrackingDomain, withRowIds } from '../../../shared/delta/dataFiles/rowTracking.js'
import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { commitInfoOf, readCommitFile } from '../../../shared/delta/log/commit.js'
import { optimizeTable } from '../../../shared/delta/maintenance/optimize.js'
import { keptFeatures } from '../../../shared/delta/protocol/features.js'
import { columnLayout } from '../../../shared/delta/schema/columnLayout.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { rowsOf, TableWriter } from '../../../shared/delta/write/tableWriter.js'
import { field, struct, WrittenTable } from '../write/writtenTable.js'

const add = (path: string, rows: number, more: Partial<AddFile> = {}): Action => ({
  add: {
    path,
    partitionValues: {},
    size: 1,
    modificationTime: 0,
    dataChange: true,
    stats: `{"numRecords":${rows}}`,
    ...more,
  },
})
const mark = (value: bigint) => ({
  domain: rowTrackingDomain,
  configuration: `{"rowIdHighWaterMark":${value}}`,
  removed: false,
})
const idsIn = (actions: readonly Action[]) =>
  actions.flatMap(action =>
    'add' in action ? [[action.add.path, action.add.baseRowId, action.add.defaultRowCommitVersion]] : [],
  )
const markIn = (actions: readonly Action[]) =>
  actions.flatMap(action => ('domainMetadata' in action ? [action.domainMetadata.configuration] : []))

describe('giving ids to the rows of new files', () => {
  test('files follow one another from the highest id ever given, and the mark is the last', () => {
    const actions = withRowIds([add('a', 3), add('b', 2)], mark(2n ** 53n), 7)
    expect(idsIn(actions)).toEqual([
      ['a', 2n ** 53n + 1n, 7n],
      ['b', 2n ** 53n + 4n, 7n],
    ])
    expect(markIn(actions)).toEqual([`{"rowIdHighWaterMark":${2n ** 53n + 5n}}`])
    expect(idsIn(withRowIds([add('a', 3)], undefined, 0))).toEqual([['a', 0n, 0n]])
  })

  test('a file that was there keeps its ids, and a commit without new rows leaves the mark alone', () => {
    const again = withRowIds([add('a', 3, { baseRowId: 5n, defaultRowCommitVersion: 2n })], mark(9n), 7)
    expect(idsIn(again)).toEqual([['a', 5n, 2n]])
    expect(markIn(again)).toEqual([])
  })

  test('a mark that the transaction brings itself is not undercut, and stands once', () => {
    const actions = withRowIds([{ domainMetadata: mark(100n) }, add('a', 2)], mark(9n), 7)
    expect(idsIn(actions)).toEqual([['a', 101n, 7n]])
    expect(markIn(actions)).toEqual(['{"rowIdHighWaterMark":102}'])
    expect(markIn(withRowIds([{ domainMetadata: mark(100n) }], mark(9n), 7))).toEqual(['{"rowIdHighWaterMark":100}'])
  })

  test('a file of unknown rows cannot have ids', () => {
    expect(() => withRowIds([add('a', 1, { stats: undefined })], undefined, 1)).toThrow(/without statistics/)
    expect(() => withRowIds([add('a', 1)], { ...mark(1n), configuration: '{}' }, 1)).toThrow(/rowIdHighWaterMark/)
  })
})

const schema = struct(field('id', 'long'), field('p', 'string'))
const tracked = (configuration: Record<string, string> = {}) =>
  WrittenTable.create({
    schema,
    partitionColumns: ['p'],
    configuration: {
      'delta.enableRowTracking': 'true',
      'delta.rowTracking.materializedRowIdColumnName': '_row-id-col-x',
      'delta.rowTracking.materializedRowCommitVersionColumnName': '_row-commit-version-col-x',
      ...configuration,
    },
    protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking', 'domainMetadata'] },
  })
const rows = (...ids: number[]) => ids.map(id => ({ id: BigInt(id), p: 'a' }))

/** `id@rowId/version` of every row. */
async function identities(t: WrittenTable): Promise<readonly string[]> {
  const snapshot = await t.snapshot()
  const found: string[] = []
  const { layout, fields, originsOf } = originReading(snapshot, {
    layout: columnLayout(snapshot),
    fields: schema.fields.slice(0, 1),
  })
  for (const file of snapshot.files) {
    for await (const batch of readDataFile(t.store, file, { layout, fields, where: {} })) {
      const origins = originsOf(batch, file)
      for (let i = 0; i < batch.rows; i++)
        found.push(`${batch.columns[0]?.[i] as bigint}@${origins?.ids[i] ?? '?'}/${origins?.commitVersions[i] ?? '?'}`)
    }
  }
  return found.sort()
}

describe('a table that tracks rows', () => {
  test('rows keep ids and versions through OPTIMIZE, twice, and through a rewriting DELETE', async () => {
    const t = await tracked()
    await t.append(rows(10, 11))
    await t.append(rows(12, 13))
    const before = ['10@0/1', '11@1/1', '12@2/2', '13@3/2']
    expect(await identities(t)).toEqual(before)
    await optimizeTable(t.table, { clock: t.clock })
    expect((await t.snapshot()).files).toHaveLength(1)
    expect(await identities(t)).toEqual(before)
    await t.append(rows(14))
    await optimizeTable(t.table, { clock: t.clock })
    expect((await t.snapshot()).files).toHaveLength(1)
    const all = [...before, '14@8/4']
    expect(await identities(t)).toEqual(all)
    expect(await deleteRows(t.table, { where: { op: '=', column: 'id', value: 11n }, clock: t.clock })).toMatchObject({
      kind: 'committed',
    })
    expect(await identities(t)).toEqual(all.filter(text => !text.startsWith('11')))
    expect(commitInfoOf((await readCommitFile(t.store, 5))?.actions ?? [])?.['tags']).toEqual({
      'delta.rowTracking.preserved': 'true',
    })
  })

  test('ids are given again for every attempt: two writers never give the same', async () => {
    const t = await tracked()
    const other = new DeltaTable(t.store, { clock: t.clock })
    const before = await t.snapshot()
    const writeFile = async (...ids: number[]) => {
      const writer = new TableWriter(t.store, before, { clock: t.clock })
      await writer.write(rowsOf(schema, rows(...ids)))
      return (await writer.finish()).map(file => ({ add: file }))
    }
    const transaction = async (...ids: number[]) => ({
      readVersion: 0,
      actions: await writeFile(...ids),
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
      keeps: keptFeatures,
    })
    await t.table.commit(await transaction(1, 2, 3))
    expect(await other.commit(await transaction(4, 5))).toMatchObject({ kind: 'committed', version: 2 })
    expect(await identities(t)).toEqual(['1@0/1', '2@1/1', '3@2/1', '4@3/2', '5@4/2'])
    expect((await t.snapshot()).domains.get(rowTrackingDomain)?.configuration).toBe('{"rowIdHighWaterMark":4}')
  })

  test('rows that come with their origins keep them beside rows that are new, whichever is written first', async () => {
    const t = await tracked()
    const writer = new TableWriter(t.store, await t.snapshot(), { clock: t.clock })
    await writer.write(rowsOf(schema, rows(1)))
    await writer.write(rowsOf(schema, rows(2, 3)), { ids: [77n, 78n], commitVersions: [5n, null] })
    await writer.write(rowsOf(schema, [...rows(4), { id: 5n, p: 'b' }]))
    await t.commit((await writer.finish()).map(file => ({ add: file })))
    const found = await identities(t)
    expect(found.filter(text => /^[23]@/.test(text))).toEqual(['2@77/5', '3@78/1'])
    // Those that are new have ids of their own.
    expect(new Set(found.map(text => text.split('@')[1]?.split('/')[0])).size).toBe(5)
  })

  test('an appender that does not know of it is refused, and one is not asked for it while it is suspended', async () => {
    const t = await tracked()
    const commit = (table: DeltaTable) =>
      table.commit({
        readVersion: 0,
        actions: [add('x', 1)],
        operation: 'WRITE',
        isBlindAppend: true,
        reads: readsNothing,
      })
    await expect(commit(t.table)).rejects.toMatchObject({
      code: 'DELTA_UNSUPPORTED_FEATURE',
      message: expect.stringContaining('rowTracking') as string,
    })
    const suspended = await tracked({ 'delta.enableRowTracking': 'false', 'delta.rowTrackingSuspended': 'true' })
    expect(await commit(suspended.table)).toMatchObject({ kind: 'committed' })
    expect(idsIn((await readCommitFile(suspended.store, 1))?.actions ?? [])).toEqual([['x', undefined, undefined]])
  })

  test('a table that does not say where ids are kept is refused', async () => {
    const t = await WrittenTable.create({
      schema,
      configuration: { 'delta.enableRowTracking': 'true' },
      protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking', 'domainMetadata'] },
    })
    await expect(t.append(rows(1))).rejects.toMatchObject({ code: 'DELTA_BAD_PROPERTY' })
  })
})
