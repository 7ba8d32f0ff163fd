import { describe, expect, test } from 'vitest'

import type { Metadata, Protocol } from '../../../shared/delta/actions/actions.js'
import { lostFeature, metadataObstacle } from '../../../shared/delta/transaction/protocolConflict.js'

const protocol: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['columnMapping', 'deletionVectors', 'v2Checkpoint'],
  writerFeatures: [
    'columnMapping',
    'deletionVectors',
    'domainMetadata',
    'inCommitTimestamp',
    'rowTracking',
    'v2Checkpoint',
  ],
}
const bare: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }

const schemaOf = (...fields: { name: string; type?: string; metadata?: object }[]) =>
  JSON.stringify({
    type: 'struct',
    fields: fields.map(({ name, type = 'long', metadata = {} }) => ({ name, type, nullable: true, metadata })),
  })
const mapping = (id: number, physicalName: string) => ({
  'delta.columnMapping.id': id,
  'delta.columnMapping.physicalName': physicalName,
})

const before: Metadata = {
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: schemaOf({ name: 'a' }, { name: 'b' }),
  partitionColumns: [],
  configuration: { 'delta.appendOnly': 'false' },
}
const configured = (configuration: Readonly<Record<string, string>>): Metadata => ({
  ...before,
  configuration: { ...before.configuration, ...configuration },
})
const mapped = (schemaString: string): Metadata => ({
  ...configured({ 'delta.columnMapping.mode': 'name', 'delta.columnMapping.maxColumnId': '2' }),
  schemaString,
})

const stale = { moves: false }

/** After ConflictChecker.scala, `attemptToResolveMetadataConflicts` and `checkConfigurationChangesForConflicts`. */
const harmless: readonly (readonly [string, Metadata])[] = [
  ['deletion vectors', configured({ 'delta.enableDeletionVectors': 'true' })],
  ['checkpoints of the second kind', configured({ 'delta.checkpointPolicy': 'v2' })],
  [
    'in-commit timestamps',
    configured({
      'delta.enableInCommitTimestamps': 'true',
      'delta.inCommitTimestampEnablementVersion': '3',
      'delta.inCommitTimestampEnablementTimestamp': '5',
    }),
  ],
  [
    'column mapping under the names that there were',
    mapped(schemaOf({ name: 'a', metadata: mapping(1, 'a') }, { name: 'b', metadata: mapping(2, 'b') })),
  ],
  [
    'row tracking',
    configured({
      'delta.enableRowTracking': 'true',
      'delta.rowTracking.materializedRowIdColumnName': 'r',
      'delta.rowTracking.materializedRowCommitVersionColumnName': 'v',
    }),
  ],
]

const harmful: readonly (readonly [string, Metadata])[] = [
  ['a property of any other kind', configured({ 'delta.enableChangeDataFeed': 'true' })],
  ['a property taken away', { ...before, configuration: {} }],
  ['a property changed', configured({ 'delta.appendOnly': 'true' })],
  ['a constraint', configured({ 'delta.constraints.c': 'a > 0' })],
  ['another partitioning', { ...before, partitionColumns: ['a'] }],
  ['another table under the same name', { ...before, id: 'y' }],
  ['a new column', { ...before, schemaString: schemaOf({ name: 'a' }, { name: 'b' }, { name: 'c' }) }],
  ['a wider type', { ...before, schemaString: schemaOf({ name: 'a' }, { name: 'b', type: 'double' }) }],
  [
    'column mapping and a new column at once',
    mapped(
      schemaOf(
        { name: 'a', metadata: mapping(1, 'a') },
        { name: 'b', metadata: mapping(2, 'b') },
        { name: 'c', metadata: mapping(3, 'c') },
      ),
    ),
  ],
  [
    'column mapping by id',
    {
      ...configured({ 'delta.columnMapping.mode': 'id' }),
      schemaString: schemaOf({ name: 'a', metadata: mapping(1, 'a') }, { name: 'b', metadata: mapping(2, 'b') }),
    },
  ],
  [
    'a new default beside the mapping',
    mapped(
      schemaOf(
        { name: 'a', metadata: { ...mapping(1, 'a'), CURRENT_DEFAULT: '1' } },
        { name: 'b', metadata: mapping(2, 'b') },
      ),
    ),
  ],
  ['deletion vectors turned off', configured({ 'delta.enableDeletionVectors': 'false' })],
]

describe('what was written before the table', () => {
  test.each(harmless)('turned on %s can still be committed', (_name, after) => {
    expect(metadataObstacle(before, { protocol, metadata: after }, stale)).toBeUndefined()
  })

  test.each(harmful)('got %s cannot', (_name, after) => {
    expect(metadataObstacle(before, { protocol, metadata: after }, stale)).toEqual(expect.any(String))
  })

  test.each(harmless)(
    'turned on %s cannot be committed where the protocol does not have the feature',
    (_name, after) => {
      expect(metadataObstacle(before, { protocol: bare, metadata: after }, stale)).toEqual(expect.any(String))
    },
  )

  test('stricter than the reference: what moves rows does not go over row tracking turned on, as their ids would be lost', () => {
    const after = configured({ 'delta.enableRowTracking': 'true' })
    expect(metadataObstacle(before, { protocol, metadata: after }, { moves: true })).toContain(
      'delta.enableRowTracking',
    )
  })

  test('stricter than the reference: physical names that are not those of the table are not those of its files', () => {
    const after = mapped(
      schemaOf({ name: 'a', metadata: mapping(1, 'col-1') }, { name: 'b', metadata: mapping(2, 'b') }),
    )
    expect(metadataObstacle(before, { protocol, metadata: after }, stale)).toBe('the schema was changed')
  })
})

describe('a feature', () => {
  test('is lost when it is neither listed nor implied any more', () => {
    expect(
      lostFeature(protocol, {
        ...protocol,
        writerFeatures: protocol.writerFeatures?.filter(name => name !== 'rowTracking'),
      }),
    ).toBe('rowTracking')
    expect(
      lostFeature({ minReaderVersion: 2, minWriterVersion: 5 }, { minReaderVersion: 1, minWriterVersion: 4 }),
    ).toBe('columnMapping')
  })

  test('is not lost when lists take the place of versions', () => {
    const listed = ['appendOnly', 'invariants', 'checkConstraints', 'generatedColumns', 'changeDataFeed']
    expect(
      lostFeature(
        { minReaderVersion: 1, minWriterVersion: 4 },
        { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: listed },
      ),
    ).toBeUndefined()
    expect(lostFeature(bare, protocol)).toBe('appendOnly')
  })
})
