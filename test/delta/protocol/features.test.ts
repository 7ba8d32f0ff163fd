import { describe, expect, test } from 'vitest'

import type { Metadata, Protocol } from '../../../shared/delta/actions/actions.js'
import { checkReadable, checkWritable, writerFeaturesOf } from '../../../shared/delta/protocol/featureCheck.js'
import { features, keptFeatures } from '../../../shared/delta/protocol/features.js'
import { featuresOf, protocolFor, protocolForChange } from '../../../shared/delta/protocol/protocolNeeds.js'
import type { StructType } from '../../../shared/types/index.js'

const plain: StructType = { type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true }] }
const ntz: StructType = {
  type: 'struct',
  fields: [
    {
      name: 'm',
      type: {
        type: 'map',
        keyType: 'string',
        valueType: { type: 'array', elementType: 'timestamp_ntz', containsNull: true },
        valueContainsNull: true,
      },
      nullable: true,
    },
  ],
}
const metadata = (configuration: Record<string, string> = {}): Metadata => ({
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: '',
  partitionColumns: [],
  configuration,
})
const versions = (minReaderVersion: number, minWriterVersion: number): Protocol => ({
  minReaderVersion,
  minWriterVersion,
})
const lists = (readerFeatures: string[], writerFeatures: string[]): Protocol => ({
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures,
  writerFeatures,
})
const withFieldMetadata = (fieldMetadata: Record<string, unknown>): StructType => ({
  type: 'struct',
  fields: [
    {
      name: 's',
      nullable: true,
      type: { type: 'struct', fields: [{ name: 'a', type: 'long', nullable: true, metadata: fieldMetadata }] },
    },
  ],
})

describe('reading', () => {
  test.each([versions(1, 1), versions(1, 2), versions(1, 6), versions(2, 5)])(
    '%j without anything in use is readable',
    protocol => {
      expect(checkReadable(protocol, metadata())).toEqual({ ok: true })
    },
  )

  test('writer features never keep a reader out', () => {
    expect(
      checkReadable(
        { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking', 'futureThing'] },
        metadata(),
      ),
    ).toEqual({ ok: true })
  })

  test.each([
    'timestampNtz',
    'v2Checkpoint',
    'vacuumProtocolCheck',
    'deletionVectors',
    'columnMapping',
    'typeWidening',
    'typeWidening-preview',
    'variantType',
    'variantShredding',
    'variantShredding-preview',
  ])('%s is read', name => {
    expect(checkReadable(lists([name], [name]), metadata())).toEqual({ ok: true })
  })

  test.each(['catalogManaged', 'catalogOwned-preview', 'aFeatureOfTheFuture'])('%s is refused by name', name => {
    expect(checkReadable(lists([name], [name]), metadata())).toMatchObject({ ok: false, features: [name] })
  })

  test('column mapping that is on is read, and not written', () => {
    const on = metadata({ 'delta.columnMapping.mode': 'name' })
    expect(checkReadable(versions(2, 5), on)).toEqual({ ok: true })
    expect(checkWritable(versions(2, 5), on, plain)).toMatchObject({ ok: false, features: ['columnMapping'] })
  })

  test.each([
    versions(4, 7),
    versions(99, 99),
    versions(0, 2),
    versions(3, 5),
    { ...versions(1, 2), readerFeatures: [] },
  ])('%j is refused', protocol => {
    expect(checkReadable(protocol, metadata()).ok).toBe(false)
  })

  test('a reader feature that writers are not told of is refused', () => {
    expect(checkReadable(lists(['timestampNtz'], []), metadata())).toMatchObject({
      ok: false,
      why: expect.stringContaining('timestampNtz') as string,
    })
  })
})

describe('writing', () => {
  test.each([1, 2, 3, 4, 5, 6])('writer version %i, with nothing in use, is writable', version => {
    expect(checkWritable(versions(version >= 5 ? 2 : 1, version), metadata(), plain)).toEqual({ ok: true })
  })

  test.each<[string, Protocol, Metadata, StructType]>([
    ['invariants', versions(1, 2), metadata(), withFieldMetadata({ 'delta.invariants': '{}' })],
    ['checkConstraints', versions(1, 3), metadata({ 'delta.constraints.positive': 'a > 0' }), plain],
    ['generatedColumns', versions(1, 4), metadata(), withFieldMetadata({ 'delta.generationExpression': 'b' })],
    ['identityColumns', versions(1, 6), metadata(), withFieldMetadata({ 'delta.identity.start': 1 })],
    ['rowTracking', lists([], ['rowTracking', 'domainMetadata']), metadata(), plain],
    ['icebergCompatV2', lists([], ['icebergCompatV2']), metadata({ 'delta.enableIcebergCompatV2': 'true' }), plain],
    ['somethingNew', lists([], ['somethingNew']), metadata(), plain],
  ])('a table that uses %s is refused by that name', (name, protocol, meta, schema) => {
    expect(checkWritable(protocol, meta, schema)).toMatchObject({ ok: false, features: [name] })
  })

  test('a feature that is listed and not in use is no obstacle', () => {
    const names = [
      'appendOnly',
      'invariants',
      'checkConstraints',
      'changeDataFeed',
      'generatedColumns',
      'identityColumns',
      'domainMetadata',
    ]
    expect(checkWritable(lists([], names), metadata(), plain)).toEqual({ ok: true })
  })

  test('rows that only move have met constraints already', () => {
    for (const schema of [
      withFieldMetadata({ 'delta.invariants': '{}' }),
      withFieldMetadata({ 'delta.generationExpression': 'b' }),
      plain,
    ])
      expect(
        checkWritable(versions(1, 6), metadata({ 'delta.constraints.positive': 'a > 0' }), schema, 'rearrange'),
      ).toEqual({ ok: true })
  })

  test('an append-only table takes appends and compaction, and loses no rows', () => {
    const meta = metadata({ 'delta.appendOnly': 'TRUE' })
    expect(checkWritable(versions(1, 2), meta, plain, 'append').ok).toBe(true)
    expect(checkWritable(versions(1, 2), meta, plain, 'rearrange').ok).toBe(true)
    expect(checkWritable(versions(1, 2), meta, plain, 'change')).toMatchObject({ ok: false, features: ['appendOnly'] })
  })

  test('a change feed is kept by appends and would be broken by changes', () => {
    const meta = metadata({ 'delta.enableChangeDataFeed': 'true' })
    expect(checkWritable(versions(1, 4), meta, plain, 'append').ok).toBe(true)
    expect(checkWritable(versions(1, 4), meta, plain, 'change')).toMatchObject({
      ok: false,
      features: ['changeDataFeed'],
    })
  })

  test.each(keptFeatures)("%s is in nobody's way who keeps it", name => {
    const needsReader = features.find(f => f.name === name)?.kind === 'readerWriter'
    const protocol = lists(needsReader ? [name] : [], [name, 'domainMetadata'])
    const meta = metadata({
      'delta.columnMapping.mode': 'name',
      'delta.constraints.a': 'a > 0',
      'delta.enableChangeDataFeed': 'true',
    })
    const schema = withFieldMetadata({ 'delta.invariants': '{}', CURRENT_DEFAULT: '1' })
    expect(checkWritable(protocol, meta, schema, 'change')).toMatchObject({ ok: false, features: [name] })
    expect(
      checkWritable(
        protocol,
        meta,
        schema,
        'change',
        keptFeatures.filter(other => other !== name),
      ),
    ).toMatchObject({ ok: false, features: [name] })
    expect(checkWritable(protocol, meta, schema, 'change', [name])).toEqual({ ok: true })
  })

  test('what this writer cannot do stays refused, whoever says that he keeps it', () => {
    const protocol = lists([], ['identityColumns', 'somethingNew'])
    expect(
      checkWritable(protocol, metadata(), withFieldMetadata({ 'delta.identity.start': 1 }), 'append', [
        'identityColumns',
        'somethingNew',
      ]),
    ).toMatchObject({
      ok: false,
      features: ['identityColumns', 'somethingNew'],
    })
  })

  test('version 7 with an old invariant in a column, and no feature for it, does not enforce it', () => {
    expect(checkWritable(lists([], []), metadata(), withFieldMetadata({ 'delta.invariants': '{}' }))).toEqual({
      ok: true,
    })
  })
})

describe('the protocol of a new table', () => {
  test('is the one that most readers can read', () => {
    expect(protocolFor(plain)).toEqual(versions(1, 2))
  })

  test('names timestampNtz, and what version 2 would imply, once a column needs it at any depth', () => {
    expect(protocolFor(ntz)).toEqual(lists(['timestampNtz'], ['appendOnly', 'invariants', 'timestampNtz']))
  })

  test.each<readonly [string, Record<string, string>, StructType]>([
    ['checkConstraints', { 'DELTA.constraints.a': 'a > 0' }, plain],
    ['changeDataFeed', { 'delta.enableChangeDataCapture': 'true' }, plain],
    ['columnMapping', { 'delta.columnMapping.mode': 'id' }, plain],
    ['deletionVectors', { 'delta.enableDeletionVectors': 'true' }, plain],
    ['v2Checkpoint', { 'delta.checkpointPolicy': 'v2' }, plain],
    ['rowTracking', { 'delta.enableRowTracking': 'true' }, plain],
    ['identityColumns', {}, withFieldMetadata({ 'delta.identity.start': 1 })],
  ])('has %s once something in the table needs it, and not before', (name, configuration, schema) => {
    expect(featuresOf(protocolFor(schema, configuration))).toContain(name)
    expect(featuresOf(protocolFor(plain))).not.toContain(name)
  })

  test('names no feature beside its preview, which serves as well', () => {
    const configuration = { 'delta.enableTypeWidening': 'true' }
    expect(featuresOf(protocolFor(plain, configuration))).toContain('typeWidening')
    const names = featuresOf(protocolFor(plain, configuration, { features: ['typeWidening-preview'] }))
    expect([names.has('typeWidening-preview'), names.has('typeWidening')]).toEqual([true, false])
  })

  test('an upgrade keeps everything that the old version implied', () => {
    expect(protocolForChange(versions(2, 5), ntz)).toEqual(
      lists(['columnMapping', 'timestampNtz'], [...writerFeaturesOf(versions(2, 5)), 'timestampNtz'].sort()),
    )
    expect(protocolForChange(versions(1, 2), plain)).toEqual(versions(1, 2))
  })

  test('is one that we can read and write ourselves', () => {
    for (const schema of [plain, ntz])
      expect(checkWritable(protocolFor(schema), metadata(), schema)).toEqual({ ok: true })
  })

  test('what a feature requires is a feature', () => {
    const names = new Set(features.map(f => f.name))
    expect(names.size).toBe(features.length)
    for (const feature of features) for (const name of feature.requires ?? []) expect(names).toContain(name)
  })
})
