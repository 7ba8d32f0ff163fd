import type {
  Action,
  AddFile,
  DeletionVector,
  Metadata,
  Protocol,
  RemoveFile,
} from '../../../shared/delta/actions/actions.js'
import { canonicalPath } from '../../../shared/delta/actions/dataPath.js'
import { changedProtocolOrMetadata } from '../../../shared/delta/transaction/conflict.js'
import type { ProtocolAndMetadata } from '../../../shared/delta/transaction/protocolConflict.js'
import { type Reads, readsNothing } from '../../../shared/delta/transaction/transaction.js'

/**
 * The kinds of change that the conflict matrix sets against each other, on one table: partitioned by `day`, with files
 * `a` and `b` of day 1 and `c` of day 2. Plain data, so that another engine can be asked the same.
 */
export interface ChangeKind {
  readonly name: string
  readonly actions: (who: string) => readonly Action[]
  readonly reads: ReadSet
}

/** Nothing, every file, the files of one day, or these files and everything of their day. */
export interface ReadSet {
  readonly files:
    'none' | 'all' | { readonly day: string } | { readonly these: readonly string[]; readonly day: string }
  readonly appIds: readonly string[]
}

const protocol: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['columnMapping', 'deletionVectors', 'v2Checkpoint'],
  writerFeatures: [
    'appendOnly',
    'columnMapping',
    'deletionVectors',
    'domainMetadata',
    'inCommitTimestamp',
    'invariants',
    'v2Checkpoint',
  ],
}

const field = (name: string, type: string, metadata: object = {}) => ({ name, type, nullable: true, metadata })

const metadata: Metadata = {
  id: '7a2f0f0e-1f6c-4c5e-8d0f-52f1d3f5a001',
  format: { provider: 'parquet', options: {} },
  schemaString: JSON.stringify({ type: 'struct', fields: [field('id', 'long'), field('day', 'string')] }),
  partitionColumns: ['day'],
  configuration: { 'delta.enableDeletionVectors': 'true' },
  createdTime: 0,
}

const file = (path: string, day: string, more: Partial<AddFile> = {}): AddFile => ({
  path,
  partitionValues: { day },
  size: 100,
  modificationTime: 1,
  dataChange: true,
  stats: '{"numRecords":3}',
  ...more,
})

const gone = (path: string, day: string, more: Partial<RemoveFile> = {}): RemoveFile => ({
  path,
  partitionValues: { day },
  size: 100,
  deletionTimestamp: 1,
  dataChange: true,
  extendedFileMetadata: true,
  stats: '{"numRecords":3}',
  ...more,
})

const vector: DeletionVector = {
  storageType: 'i',
  pathOrInlineDv: 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
  sizeInBytes: 40,
  cardinality: 2n,
}

const add = (path: string, day: string, more: Partial<AddFile> = {}): Action => ({ add: file(path, day, more) })
const remove = (path: string, day: string, more: Partial<RemoveFile> = {}): Action => ({
  remove: gone(path, day, more),
})
const configured = (configuration: Readonly<Record<string, string>>): Action => ({
  metaData: { ...metadata, configuration: { ...metadata.configuration, ...configuration } },
})
const still = { dataChange: false }

/** The table before either of two changes. */
export function before(winner: ChangeKind, loser: ChangeKind): readonly Action[] {
  const without = [winner, loser].some(({ name }) => name === turningOn)
  const metaData = without ? { ...metadata, configuration: {} } : metadata
  return [{ protocol }, { metaData }, add('a', '1'), add('b', '1'), add('c', '2')]
}

const turningOn = 'turning on of vectors'

const nothing: ReadSet = { files: 'none', appIds: [] }
const whole: ReadSet = { files: 'all', appIds: [] }
const ofDay = (day: string): ReadSet => ({ files: { day }, appIds: [] })

const mapped = JSON.stringify({
  type: 'struct',
  fields: [
    field('id', 'long', { 'delta.columnMapping.id': 1, 'delta.columnMapping.physicalName': 'id' }),
    field('day', 'string', { 'delta.columnMapping.id': 2, 'delta.columnMapping.physicalName': 'day' }),
  ],
})
const mapping = { 'delta.columnMapping.mode': 'name', 'delta.columnMapping.maxColumnId': '2' }

export const kinds: readonly ChangeKind[] = [
  { name: 'append', actions: who => [add(`${who}-new`, '1')], reads: nothing },
  { name: 'append to day 2', actions: who => [add(`${who}-new`, '2')], reads: nothing },
  { name: 'append that read the table', actions: who => [add(`${who}-new`, '1')], reads: whole },
  { name: 'append that read its day', actions: who => [add(`${who}-new`, '1')], reads: ofDay('1') },
  {
    name: 'streaming append',
    actions: who => [add(`${who}-new`, '2'), { txn: { appId: 'app', version: 5n } }],
    reads: { files: 'none', appIds: ['app'] },
  },
  {
    name: 'streaming append of another',
    actions: who => [add(`${who}-new`, '2'), { txn: { appId: who, version: 5n } }],
    reads: nothing,
  },
  {
    name: 'optimize',
    actions: who => [remove('a', '1', still), remove('b', '1', still), add(`${who}-ab`, '1', still)],
    reads: { files: { these: ['a', 'b'], day: '1' }, appIds: [] },
  },
  {
    name: 'merge',
    actions: who => [remove('a', '1'), add(`${who}-a`, '1'), add(`${who}-new`, '1')],
    reads: ofDay('1'),
  },
  { name: 'delete of a day', actions: () => [remove('a', '1'), remove('b', '1')], reads: ofDay('1') },
  {
    name: 'delete with a vector',
    actions: () => [
      remove('a', '1'),
      add('a', '1', { deletionVector: vector, stats: '{"numRecords":3,"tightBounds":false}' }),
    ],
    reads: ofDay('1'),
  },
  { name: 'update of day 2', actions: who => [remove('c', '2'), add(`${who}-c`, '2')], reads: ofDay('2') },
  {
    name: 'overwrite',
    actions: who => [remove('a', '1'), remove('b', '1'), remove('c', '2'), add(`${who}-new`, '1')],
    reads: whole,
  },
  {
    name: 'overwrite of a day',
    actions: who => [remove('a', '1'), remove('b', '1'), add(`${who}-new`, '1')],
    reads: ofDay('1'),
  },
  { name: 'change of a property', actions: () => [configured({ 'delta.appendOnly': 'false' })], reads: nothing },
  {
    name: 'change of the schema',
    actions: () => [
      {
        metaData: {
          ...metadata,
          schemaString: JSON.stringify({
            type: 'struct',
            fields: [field('id', 'long'), field('day', 'string'), field('more', 'long')],
          }),
        },
      },
    ],
    reads: nothing,
  },
  { name: turningOn, actions: () => [{ metaData: metadata }], reads: nothing },
  {
    name: 'turning on of column mapping',
    actions: () => [
      { metaData: { ...metadata, schemaString: mapped, configuration: { ...metadata.configuration, ...mapping } } },
    ],
    reads: nothing,
  },
  {
    name: 'new feature',
    actions: () => [
      { protocol: { ...protocol, writerFeatures: [...(protocol.writerFeatures ?? []), 'changeDataFeed'].sort() } },
    ],
    reads: nothing,
  },
  {
    name: 'domain metadata',
    actions: who => [{ domainMetadata: { domain: 'shared', configuration: who, removed: false } }],
    reads: nothing,
  },
  {
    name: 'domain metadata of another',
    actions: who => [{ domainMetadata: { domain: who, configuration: '', removed: false } }],
    reads: nothing,
  },
]

/** The reads of a kind as a transaction of this engine states them. */
export function readsOf({ files, appIds }: ReadSet): Reads {
  const named: Reads['appIds'] = appId => appIds.includes(appId)
  if (files === 'none' || files === 'all') return { ...readsNothing, files, appIds: named }
  if ('these' in files) {
    const these = new Set(files.these)
    return { files: ({ path }) => these.has(canonicalPath(path)), appIds: named }
  }
  return { files: ({ partitionValues }) => partitionValues['day'] === files.day, appIds: named }
}

/** What a first version asks of writers. */
export function protocolAndMetadataOf(actions: readonly Action[]): ProtocolAndMetadata {
  const found = changedProtocolOrMetadata(actions)
  if (found?.protocol === undefined || found.metadata === undefined) throw new Error('no first version')
  return { protocol: found.protocol, metadata: found.metadata }
}
