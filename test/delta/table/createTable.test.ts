import { describe, expect, test } from 'vitest'

import type { Action, Metadata, Protocol } from '../../../shared/delta/actions/actions.js'
import { allFields, parseSchema } from '../../../shared/delta/schema/schema.js'
import { createTable, type TableDefinition } from '../../../shared/delta/table/createTable.js'
import type { DataType, StructField, StructType } from '../../../shared/types/index.js'
import { AlteredTable } from '../ddl/alteredTable.js'

const field = (name: string, type: DataType, more: Partial<StructField> = {}): StructField => ({
  name,
  type,
  nullable: true,
  metadata: {},
  ...more,
})
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields })
const plain = struct(field('a', 'long'), field('s', 'string'))

function made(definition: Partial<TableDefinition> = {}): {
  protocol: Protocol
  metadata: Metadata
  domains: Record<string, unknown>
  actions: readonly Action[]
} {
  const { actions } = createTable({ schema: plain, createdTime: 0, ...definition })
  const protocol = actions.flatMap(action => ('protocol' in action ? [action.protocol] : []))[0]
  const metadata = actions.flatMap(action => ('metaData' in action ? [action.metaData] : []))[0]
  if (protocol === undefined || metadata === undefined) throw new Error('no table')
  const domains = Object.fromEntries(
    actions.flatMap(action =>
      'domainMetadata' in action
        ? [[action.domainMetadata.domain, JSON.parse(action.domainMetadata.configuration) as unknown]]
        : [],
    ),
  ) as Record<string, unknown>
  return { protocol, metadata, domains, actions }
}

/** A protocol in short, as Spark prints it: versions, then features that readers must know, then the others. */
function short({ minReaderVersion, minWriterVersion, readerFeatures, writerFeatures }: Protocol): string {
  const others = writerFeatures?.filter(name => readerFeatures?.includes(name) !== true)
  return [
    minReaderVersion,
    minWriterVersion,
    ...(readerFeatures === undefined ? [] : [`[${readerFeatures.join(' ')}]`]),
    ...(others ?? []),
  ].join(' ')
}

describe('the protocol of a new table is the one that Spark 4.1 gives it', () => {
  test.each<[Record<string, string>, string]>([
    [{}, '1 2'],
    [{ 'delta.appendOnly': 'true' }, '1 2'],
    [{ 'delta.columnMapping.mode': 'none' }, '1 2'],
    [{ 'foo.bar': 'x' }, '1 2'],
    [{ 'delta.constraints.pos': 'a > 0' }, '1 3'],
    [{ 'delta.feature.checkConstraints': 'supported' }, '1 3'],
    [{ 'delta.feature.appendOnly': 'supported' }, '1 2'],
    [{ 'delta.enableChangeDataFeed': 'true' }, '1 7 appendOnly changeDataFeed invariants'],
    [{ 'delta.columnMapping.mode': 'name' }, '2 7 appendOnly columnMapping invariants'],
    [{ 'delta.columnMapping.mode': 'id' }, '2 7 appendOnly columnMapping invariants'],
    [{ 'delta.enableDeletionVectors': 'true' }, '3 7 [deletionVectors] appendOnly invariants'],
    [{ 'delta.enableInCommitTimestamps': 'true' }, '1 7 appendOnly inCommitTimestamp invariants'],
    [{ 'delta.enableTypeWidening': 'true' }, '3 7 [typeWidening] appendOnly invariants'],
    [{ 'delta.enableRowTracking': 'true' }, '1 7 appendOnly domainMetadata invariants rowTracking'],
    [{ 'delta.feature.rowTracking': 'supported' }, '1 7 appendOnly domainMetadata invariants rowTracking'],
    [{ 'delta.checkpointPolicy': 'v2' }, '3 7 [v2Checkpoint] appendOnly invariants'],
    [{ 'delta.feature.vacuumProtocolCheck': 'supported' }, '3 7 [vacuumProtocolCheck] appendOnly invariants'],
    [{ 'delta.feature.domainmetadata': 'supported' }, '1 7 appendOnly domainMetadata invariants'],
    [
      { 'delta.enableChangeDataFeed': 'true', 'delta.enableDeletionVectors': 'true' },
      '3 7 [deletionVectors] appendOnly changeDataFeed invariants',
    ],
    [{ 'delta.minReaderVersion': '1', 'delta.minWriterVersion': '5' }, '1 4'],
    [{ 'delta.minReaderVersion': '1', 'delta.minWriterVersion': '1' }, '1 1'],
    [{ 'delta.minReaderVersion': '3', 'delta.minWriterVersion': '7' }, '1 1'],
    [
      { 'delta.minReaderVersion': '1', 'delta.minWriterVersion': '7', 'delta.enableChangeDataFeed': 'true' },
      '1 7 changeDataFeed',
    ],
    [{ 'delta.minReaderVersion': '2', 'delta.minWriterVersion': '5', 'delta.columnMapping.mode': 'name' }, '2 5'],
    [
      {
        'delta.columnMapping.mode': 'name',
        'delta.enableRowTracking': 'true',
        'delta.enableInCommitTimestamps': 'true',
        'delta.enableTypeWidening': 'true',
      },
      '3 7 [columnMapping typeWidening] appendOnly domainMetadata inCommitTimestamp invariants rowTracking',
    ],
  ])('%j: %s', (configuration, protocol) => {
    expect(short(made({ configuration }).protocol)).toBe(protocol)
  })

  test.each<[string, StructType, string]>([
    [
      'timestamp_ntz inside',
      struct(field('a', struct(field('t', 'timestamp_ntz')))),
      '3 7 [timestampNtz] appendOnly invariants',
    ],
    ['not null', struct(field('a', 'long', { nullable: false })), '1 2'],
    [
      'a default',
      struct(field('a', 'long', { metadata: { CURRENT_DEFAULT: '5' } })),
      '1 7 allowColumnDefaults appendOnly invariants',
    ],
  ])('%s: %s', (_name, schema, protocol) => {
    expect(short(made({ schema }).protocol)).toBe(protocol)
  })

  test('clustering is a feature of its own, with the columns by physical name', () => {
    const schema = struct(field('a', 'long'), field('s', struct(field('x', 'integer'), field('y', 'string'))))
    expect(short(made({ schema, clusterBy: ['a', 's.x'] }).protocol)).toBe(
      '1 7 appendOnly clustering domainMetadata invariants',
    )
    expect(made({ schema, clusterBy: ['a', ['s', 'x']] }).domains).toEqual({
      'delta.clustering': { clusteringColumns: [['a'], ['s', 'x']], domainName: 'delta.clustering' },
    })
    const { metadata, domains } = made({
      schema,
      clusterBy: ['S.X'],
      configuration: { 'delta.columnMapping.mode': 'name' },
    })
    const names = [...allFields(parseSchema(metadata.schemaString))]
      .filter(({ path }) => ['s', 's.x'].includes(path.join('.')))
      .map(({ field: f }) => f.metadata?.['delta.columnMapping.physicalName'])
    expect(domains).toEqual({ 'delta.clustering': { clusteringColumns: [names], domainName: 'delta.clustering' } })
  })
})

describe('column mapping of a new table', () => {
  const nested = struct(
    field('a', 'long'),
    field(
      'b c',
      struct(
        field('x', 'integer'),
        field('y', {
          type: 'array',
          containsNull: true,
          elementType: struct(
            field('z', {
              type: 'map',
              keyType: 'string',
              valueContainsNull: true,
              valueType: struct(field('w', 'integer')),
            }),
          ),
        }),
      ),
    ),
    field('p', 'string'),
  )

  test.each(['name', 'id'])('%s: every field at any depth has an id and a name of its own', mode => {
    const { metadata } = made({
      schema: nested,
      partitionColumns: ['p'],
      configuration: { 'delta.columnMapping.mode': mode },
    })
    const fields = [...allFields(parseSchema(metadata.schemaString))].map(({ field: f }) => f.metadata ?? {})
    expect(fields.map(f => f['delta.columnMapping.id'])).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(new Set(fields.map(f => f['delta.columnMapping.physicalName'])).size).toBe(7)
    for (const f of fields) expect(f['delta.columnMapping.physicalName']).toMatch(/^col-[0-9a-f-]{36}$/)
    expect(metadata.configuration).toEqual({ 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '7' })
    expect(metadata.partitionColumns).toEqual(['p'])
  })

  test('names with blanks are for mapped tables', () => {
    expect(() => made({ schema: nested })).toThrow(/b c.*blanks/)
  })

  test('a schema from a mapped table says nothing of ids in one that is not', () => {
    const schema = struct(
      field('a', 'long', {
        metadata: { 'delta.columnMapping.id': 3, 'delta.columnMapping.physicalName': 'col-x', comment: 'c' },
      }),
    )
    expect(parseSchema(made({ schema }).metadata.schemaString).fields[0]?.metadata).toEqual({ comment: 'c' })
  })
})

describe('a table that cannot be', () => {
  test.each<[string, Partial<TableDefinition>, RegExp]>([
    ['an unknown feature', { configuration: { 'delta.feature.nope': 'supported' } }, /no table feature "nope"/],
    ['clustering without columns', { configuration: { 'delta.feature.clustering': 'supported' } }, /clusterBy/],
    [
      'a partition column that is not there',
      { partitionColumns: ['p'] },
      /"p" is a partition column and not in the schema/,
    ],
    [
      'nothing but partition columns',
      { partitionColumns: ['a', 's'] },
      /needs a column that is not a partition column/,
    ],
    [
      'a struct to partition by',
      { schema: struct(field('a', 'long'), field('s', plain)), partitionColumns: ['s'] },
      /by which tables cannot be partitioned/,
    ],
    ['clusters beside partitions', { partitionColumns: ['s'], clusterBy: ['a'] }, /partitions cannot be clustered/],
    [
      'an array to cluster by',
      { schema: struct(field('l', { type: 'array', elementType: 'long', containsNull: true })), clusterBy: ['l'] },
      /no least and greatest value/,
    ],
    [
      'a column without statistics to cluster by',
      { clusterBy: ['s'], configuration: { 'delta.dataSkippingNumIndexedCols': '1' } },
      /has no statistics/,
    ],
    ['a missing column to cluster by', { clusterBy: ['x'] }, /there is no such column/],
    [
      'statistics of a partition column',
      { partitionColumns: ['s'], configuration: { 'delta.dataSkippingStatsColumns': 'a,s' } },
      /s is a partition column, which has no statistics/,
    ],
    [
      'a change feed over its own column',
      { schema: struct(field('_change_type', 'long')), configuration: { 'delta.enableChangeDataFeed': 'true' } },
      /_change_type.*change data feed/,
    ],
  ])('%s', (_name, definition, message) => {
    expect(() => made(definition)).toThrow(message)
  })
})

describe('a table that is made is one that is written and read', () => {
  test.each<[Record<string, string>]>([
    [{ 'delta.columnMapping.mode': 'name' }],
    [{ 'delta.columnMapping.mode': 'id' }],
    [
      {
        'delta.enableDeletionVectors': 'true',
        'delta.enableChangeDataFeed': 'true',
        'delta.enableTypeWidening': 'true',
      },
    ],
    [
      {
        'delta.enableInCommitTimestamps': 'true',
        'delta.checkpointPolicy': 'v2',
        'delta.feature.vacuumProtocolCheck': 'supported',
      },
    ],
    [{ 'delta.enableRowTracking': 'true' }],
    [{ 'delta.appendOnly': 'true' }],
  ])('%j', async configuration => {
    const t = await AlteredTable.create(plain, { configuration })
    await t.append([
      { a: 1n, s: 'x' },
      { a: null, s: null },
    ])
    expect(await t.rows()).toEqual([
      { a: 1n, s: 'x' },
      { a: null, s: null },
    ])
  })
})
