import { describe, expect, test } from 'vitest'

import { encodeAction } from '../../../shared/delta/actions/actionCodec.js'
import { rowTrackingDomain } from '../../../shared/delta/dataFiles/rowTracking.js'
import { alterTable } from '../../../shared/delta/ddl/alterTable.js'
import type { TableChange } from '../../../shared/delta/ddl/tableChange.js'
import { appendRows } from '../../../shared/delta/dml/appendRows.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import { field, struct } from '../write/writtenTable.js'
import { AlteredTable, greaterThan, protocolText } from './alteredTable.js'

const plain = struct(field('a', 'long'), field('s', 'string'))
const nested = struct(
  field('a', 'long'),
  field('s', struct(field('x', 'integer'), field('y', 'string'))),
  field('p', 'string'),
)
const mapped = { configuration: { 'delta.columnMapping.mode': 'name' } }
const set = (properties: Readonly<Record<string, string>>): TableChange => ({ kind: 'setProperties', properties })

describe('constraints', () => {
  const positive: TableChange = { kind: 'addConstraint', name: 'Pos', expression: ' a > 0 ' }

  test('a row that does not meet a new one is named, and nothing is written', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([
      { a: 1n, s: 'good' },
      { a: -5n, s: 'bad' },
    ])
    await expect(t.alter(positive, { expressions: greaterThan })).rejects.toThrow(
      /constraint pos \(a > 0\).*a = -5, s = "bad"/,
    )
    expect((await t.snapshot()).version).toBe(1)
  })

  test('null does not meet it either, as in Spark', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: null, s: 'none' }])
    await expect(t.alter(positive, { expressions: greaterThan })).rejects.toMatchObject({
      code: 'DELTA_CONSTRAINT_VIOLATED',
    })
  })

  test('is held from then on', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'good' }])
    await t.alter(positive, { expressions: greaterThan })
    const { protocol, metadata } = await t.snapshot()
    expect(protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 3 })
    expect(metadata.configuration).toEqual({ 'delta.constraints.pos': 'a > 0' })
    expect(await t.operation()).toEqual(['ADD CONSTRAINT', { name: 'Pos', expr: 'a > 0' }])
    await expect(t.append([{ a: 0n, s: 'bad' }], { expressions: greaterThan })).rejects.toThrow(/pos/)
    await expect(t.alter(positive, { expressions: greaterThan })).rejects.toThrow(/there already/)
    await t.alter({ kind: 'dropConstraint', name: 'POS' })
    await t.append([{ a: 0n, s: 'fine' }])
    await expect(t.alter({ kind: 'dropConstraint', name: 'pos' })).rejects.toThrow(/no such constraint/)
    expect(await t.alter({ kind: 'dropConstraint', name: 'pos', ifExists: true })).toBe('nothingToDo')
  })

  test('what cannot be evaluated is not taken on, rows or none', async () => {
    const t = await AlteredTable.create(plain)
    await expect(t.alter(positive)).rejects.toThrow(/pass `expressions`/)
    await expect(
      t.alter({ kind: 'addConstraint', name: 'x', expression: 'nope()' }, { expressions: greaterThan }),
    ).rejects.toThrow(/cannot evaluate nope/)
    await expect(t.alter(set({ 'delta.constraints.x': 'a > 0' }))).rejects.toThrow(/addConstraint/)
  })
})

describe('properties', () => {
  test.each<[Record<string, string>, string]>([
    [{ 'delta.appendOnly': 'true' }, '1 2'],
    [{ 'delta.enableChangeDataFeed': 'true' }, '1 7 appendOnly changeDataFeed invariants'],
    [{ 'delta.enableDeletionVectors': 'true' }, '3 7 appendOnly deletionVectors invariants'],
    [{ 'delta.columnMapping.mode': 'name' }, '2 7 appendOnly columnMapping invariants'],
    [
      { 'delta.checkpointPolicy': 'v2', 'delta.feature.vacuumprotocolcheck': 'supported' },
      '3 7 appendOnly invariants v2Checkpoint vacuumProtocolCheck',
    ],
    [{ 'delta.minReaderVersion': '1', 'delta.minWriterVersion': '4' }, '1 4'],
  ])('%j makes the protocol %s, as in Spark', async (properties, protocol) => {
    const t = await AlteredTable.create(plain)
    await t.alter(set(properties))
    expect(protocolText((await t.snapshot()).protocol)).toBe(protocol)
  })

  test('a version that implied features keeps them when it becomes a list', async () => {
    const t = await AlteredTable.create(plain, { protocol: { minReaderVersion: 2, minWriterVersion: 5 } })
    await t.alter(set({ 'delta.enableDeletionVectors': 'true' }))
    expect((await t.snapshot()).protocol).toEqual({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['columnMapping', 'deletionVectors'],
      writerFeatures: [
        'appendOnly',
        'changeDataFeed',
        'checkConstraints',
        'columnMapping',
        'deletionVectors',
        'generatedColumns',
        'invariants',
      ],
    })
  })

  test('set and unset leave the others alone; what changes nothing writes nothing', async () => {
    const t = await AlteredTable.create(plain, { configuration: { mine: '1', 'delta.appendOnly': 'true' } })
    expect(await t.alter(set({ 'DELTA.appendonly': 'true' }))).toBe('nothingToDo')
    await t.alter([
      set({ other: '2', comment: 'a table' }),
      { kind: 'unsetProperties', names: ['mine', 'delta.APPENDONLY', 'nope'] },
    ])
    const { metadata } = await t.snapshot()
    expect(metadata.configuration).toEqual({ other: '2' })
    expect(metadata.description).toBe('a table')
    await t.alter(set({ 'delta.appendOnly': 'false' }))
    expect(await t.operation()).toEqual(['SET TBLPROPERTIES', { properties: '{"delta.appendOnly":"false"}' }])
  })

  test('in-commit timestamps that begin later say since when', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    await t.alter(set({ 'delta.enableInCommitTimestamps': 'true' }))
    const { metadata, timestamp } = await t.snapshot()
    expect(metadata.configuration).toEqual({
      'delta.enableInCommitTimestamps': 'true',
      'delta.inCommitTimestampEnablementVersion': '2',
      'delta.inCommitTimestampEnablementTimestamp': String(timestamp),
    })
  })

  test.each<[string, Record<string, string>, TableChange, RegExp]>([
    ['mapping by id over files without ids', {}, set({ 'delta.columnMapping.mode': 'id' }), /use name/],
    [
      'another mapping',
      mapped.configuration,
      set({ 'delta.columnMapping.mode': 'id' }),
      /cannot be changed from name to id/,
    ],
    ['no mapping any more', mapped.configuration, set({ 'delta.columnMapping.mode': 'none' }), /rewritten under/],
    [
      'mapping taken away',
      mapped.configuration,
      { kind: 'unsetProperties', names: ['delta.columnMapping.mode'] },
      /rewritten under/,
    ],
    [
      'the greatest id taken away',
      mapped.configuration,
      { kind: 'unsetProperties', names: ['delta.columnMapping.maxColumnId'] },
      /written by the engine/,
    ],
    [
      'an older protocol',
      { 'delta.enableDeletionVectors': 'true' },
      set({ 'delta.minWriterVersion': '2' }),
      /cannot go down/,
    ],
    [
      'Iceberg compatibility, which is not kept here',
      mapped.configuration,
      set({ 'delta.enableIcebergCompatV2': 'true' }),
      /icebergCompatV2/,
    ],
    ['clustering without columns', {}, set({ 'delta.feature.clustering': 'supported' }), /setClustering/],
    [
      'a log shorter than its tombstones',
      {},
      set({ 'delta.logRetentionDuration': 'interval 1 day' }),
      /delta.deletedFileRetentionDuration/,
    ],
    ['an unknown one', {}, set({ 'delta.nope': '1' }), /no property of a table/],
  ])('%s is refused', async (_name, configuration, change, message) => {
    const t = await AlteredTable.create(plain, { configuration })
    await expect(t.alter(change)).rejects.toThrow(message)
    expect((await t.snapshot()).version).toBe(0)
  })
})

describe('row tracking that begins later', () => {
  test('gives ids to the rows that are there, in the commit that promises them', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([
      { a: 1n, s: 'x' },
      { a: 2n, s: 'y' },
    ])
    await t.append([{ a: 3n, s: 'z' }])
    await t.alter(set({ 'delta.enableRowTracking': 'true' }))
    const { files, metadata, domains, protocol, numFiles } = await t.snapshot()
    expect(numFiles).toBe(2)
    expect(files.map(f => f.baseRowId).sort()).toContain(0n)
    expect(new Set(files.map(f => f.defaultRowCommitVersion))).toEqual(new Set([3n]))
    expect(domains.get(rowTrackingDomain)?.configuration).toContain('2')
    expect(protocolText(protocol)).toBe('1 7 appendOnly domainMetadata invariants rowTracking')
    expect(metadata.configuration['delta.rowTracking.materializedRowIdColumnName']).toMatch(/^_row-id-col-/)
    expect(await t.rows()).toHaveLength(3)
    await t.append([{ a: 4n, s: 'w' }])
    expect((await t.snapshot()).files.map(f => f.baseRowId)).toContain(3n)
  })

  test('does not miss a file that comes in meanwhile', async () => {
    const t = await AlteredTable.create(plain)
    await t.append([{ a: 1n, s: 'x' }])
    const { version } = await t.snapshot()
    const other = t.other()
    let raced = false
    const commit = t.table.commit.bind(t.table)
    t.table.commit = async transaction => {
      if (!raced) {
        raced = true
        await appendRows(other, [rowsOf(plain, [{ a: 2n, s: 'late' }])])
      }
      return commit(transaction)
    }
    expect(await t.alter(set({ 'delta.enableRowTracking': 'true' }))).toBe(version + 2)
    const { files } = await t.snapshot()
    expect(files.map(f => f.baseRowId).sort()).toEqual([0n, 1n])
  })
})

describe('clustering and features', () => {
  test('columns to cluster by turn the feature on, and off leaves it listed', async () => {
    const t = await AlteredTable.create(nested)
    await t.alter({ kind: 'setClustering', columns: ['a', 'S.x'] })
    expect(protocolText((await t.snapshot()).protocol)).toBe('1 7 appendOnly clustering domainMetadata invariants')
    expect(await t.operation()).toEqual(['CLUSTER BY', { oldClusteringColumns: '', newClusteringColumns: 'a,s.x' }])
    expect(await t.alter({ kind: 'setClustering', columns: [['a'], ['s', 'x']] })).toBe('nothingToDo')
    await t.alter({ kind: 'setClustering', columns: [] })
    expect((await t.snapshot()).domains.get('delta.clustering')?.configuration).toBe(
      '{"clusteringColumns":[],"domainName":"delta.clustering"}',
    )
    await expect(t.alter({ kind: 'setClustering', columns: ['nope'] })).rejects.toThrow(/no column nope/)
    const partitioned = await AlteredTable.create(nested, { partitionColumns: ['p'] })
    await expect(partitioned.alter({ kind: 'setClustering', columns: ['a'] })).rejects.toThrow(
      /partitions cannot be clustered/,
    )
  })

  test('a feature that only writers knew is dropped when nothing uses it', async () => {
    const t = await AlteredTable.create(plain, { configuration: { 'delta.constraints.pos': 'a > 0' } })
    await expect(t.alter({ kind: 'dropFeature', feature: 'checkConstraints' })).rejects.toThrow(
      /has the constraint pos/,
    )
    await t.alter([
      { kind: 'dropConstraint', name: 'pos' },
      { kind: 'dropFeature', feature: 'checkconstraints' },
    ])
    expect((await t.snapshot()).protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 })
    const times = await AlteredTable.create(plain, { configuration: { 'delta.enableInCommitTimestamps': 'true' } })
    await times.alter({ kind: 'dropFeature', feature: 'inCommitTimestamp' })
    const { protocol, metadata } = await times.snapshot()
    expect(protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 })
    expect(metadata.configuration).toEqual({ 'delta.enableInCommitTimestamps': 'false' })
    expect(await times.operation()).toEqual([
      'DROP FEATURE',
      { featureName: 'inCommitTimestamp', truncateHistory: false },
    ])
  })

  test.each<[string, Record<string, string>, RegExp]>([
    [
      'deletionVectors',
      { 'delta.enableDeletionVectors': 'true' },
      /deletionVectors cannot be dropped: versions of the table/,
    ],
    ['domainMetadata', { 'delta.enableRowTracking': 'true' }, /rowTracking needs it/],
    ['rowTracking', { 'delta.enableRowTracking': 'true' }, /rowTracking cannot be dropped/],
    ['appendOnly', {}, /appendOnly cannot be dropped/],
    ['v2Checkpoint', {}, /the table does not have it/],
    ['nope', {}, /no table feature "nope"/],
  ])('%s is not dropped', async (feature, configuration, message) => {
    const t = await AlteredTable.create(plain, { configuration })
    await expect(t.alter({ kind: 'dropFeature', feature })).rejects.toThrow(message)
  })

  test('several changes are one commit under one name', async () => {
    const t = await AlteredTable.create(plain)
    await t.alter([set({ 'delta.columnMapping.mode': 'name' }), { kind: 'renameColumn', column: 'a', name: 'b' }])
    const [operation, parameters] = await t.operation()
    expect(operation).toBe('ALTER TABLE')
    expect(JSON.parse((parameters as { changes: string }).changes)).toMatchObject([
      { operation: 'SET TBLPROPERTIES' },
      { operation: 'RENAME COLUMN' },
    ])
    expect((await t.snapshot()).version).toBe(1)
  })

  test('no table is no surprise', async () => {
    expect(await alterTable(new AlteredTable().table, [set({ mine: '1' })])).toEqual({ kind: 'noTable' })
  })

  test('a table with a feature that is not known is left alone', async () => {
    const t = await AlteredTable.create(plain)
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['newest'] }
    await t.store.put(commitPath(1), Buffer.from(`${encodeAction({ protocol })}\n`))
    await expect(t.alter(set({ mine: '1' }))).rejects.toThrow(/newest/)
    expect((await t.snapshot()).version).toBe(1)
  })
})
