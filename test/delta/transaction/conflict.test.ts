import { describe, expect, test } from 'vitest'

import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { findConflict } from '../../../shared/delta/transaction/conflict.js'
import { type ConflictReason, type Reads, readsNothing } from '../../../shared/delta/transaction/transaction.js'

function add(path: string, over: Partial<AddFile> = {}): Action {
  return { add: { path, partitionValues: { day: '1' }, size: 1, modificationTime: 1, dataChange: true, ...over } }
}

function remove(
  path: string,
  over: { dataChange?: boolean; partitionValues?: Record<string, string | null> | undefined } = {},
): Action {
  return { remove: { path, dataChange: true, deletionTimestamp: 1, partitionValues: { day: '1' }, ...over } }
}

const txn = (appId: string): Action => ({ txn: { appId, version: 1n } })
const all: Reads = { files: 'all', appIds: () => false }
const dayOne: Reads = { files: file => file.partitionValues['day'] === '1', appIds: () => false }
const protocol: Action = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } }
const metaData: Action = {
  metaData: {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: '{}',
    partitionColumns: [],
    configuration: {},
  },
}
const domain = (name: string): Action => ({ domainMetadata: { domain: name, configuration: '', removed: false } })
const compaction = [remove('a', { dataChange: false }), add('b', { dataChange: false })]

const cases: readonly (readonly [string, readonly Action[], Reads, readonly Action[], ConflictReason | undefined])[] = [
  ['a blind append goes over other appends', [add('x')], readsNothing, [add('y')], undefined],
  ['a blind append goes over a deletion', [add('x')], readsNothing, [remove('y')], undefined],
  ['a blind append goes over another application', [add('x'), txn('a')], readsNothing, [add('y'), txn('b')], undefined],
  [
    'an append does not go over its own appId',
    [add('x'), txn('a')],
    readsNothing,
    [add('y'), txn('a')],
    'concurrentTransaction',
  ],
  [
    'an append does not go over an appId that it has read',
    [add('x')],
    { files: 'none', appIds: id => id === 'b' },
    [txn('b')],
    'concurrentTransaction',
  ],
  ['nothing goes over a change of schema', [add('x')], readsNothing, [metaData], 'metadataChanged'],
  [
    'nothing goes over a change of protocol, whatever comes with it',
    [add('x'), txn('a')],
    readsNothing,
    [txn('a'), metaData, protocol],
    'protocolChanged',
  ],
  ['a domain is changed by one at a time', [domain('d')], readsNothing, [domain('d')], 'domainChanged'],
  ['different domains are changed side by side', [domain('d')], readsNothing, [domain('e')], undefined],
  ['who read all files sees a blind append', [add('x')], all, [add('y')], 'concurrentAppend'],
  ['who read all files sees a deletion', [add('x')], all, [remove('y')], 'concurrentDeleteRead'],
  [
    'who read one day does not care for another',
    [add('x')],
    dayOne,
    [add('y', { partitionValues: { day: '2' } })],
    undefined,
  ],
  ['who read one day sees an append to it', [add('x')], dayOne, [add('y')], 'concurrentAppend'],
  ['who read one day sees a deletion in it', [add('x')], dayOne, [remove('y')], 'concurrentDeleteRead'],
  [
    'who read one day cannot tell of a removed file without partition values',
    [add('x')],
    dayOne,
    [remove('y', { partitionValues: undefined })],
    'concurrentDeleteRead',
  ],
  ['a compaction is a conflict for readers unless told', [add('x')], all, compaction, 'concurrentAppend'],
  ['a compaction may be rebased over', [add('x')], { ...all, overCompaction: true }, compaction, undefined],
  [
    'a compaction may not be rebased over when it took a file that is removed here',
    [remove('a'), add('x')],
    { ...all, overCompaction: true },
    compaction,
    'concurrentDeleteDelete',
  ],
  [
    'a deletion of whole files, which adds none, is no compaction',
    [add('x')],
    { ...all, overCompaction: true },
    [remove('y')],
    'concurrentDeleteRead',
  ],
  [
    'an append, which removes none, is no compaction',
    [add('x')],
    { ...all, overCompaction: true },
    [add('y')],
    'concurrentAppend',
  ],
  [
    'a compaction beside a change of data is a change of data',
    [add('x')],
    { ...all, overCompaction: true },
    [...compaction, add('c')],
    'concurrentAppend',
  ],
  ['two deletions of one file', [remove('a')], readsNothing, [remove('a')], 'concurrentDeleteDelete'],
  [
    'two deletions of one file, spelled differently',
    [remove('file:///t/a%20b')],
    readsNothing,
    [remove('/t/a%20b')],
    'concurrentDeleteDelete',
  ],
  [
    'a file added again after its removal would come back',
    [add('a', { dataChange: false })],
    readsNothing,
    [remove('a')],
    'concurrentDeleteRead',
  ],
  [
    'a file to be removed here that the winner added again, with other metadata',
    [remove('a')],
    readsNothing,
    [add('a', { dataChange: false })],
    'concurrentAppend',
  ],
  [
    'who rearranges rows that others add to goes over that',
    [remove('a', { dataChange: false }), add('b', { dataChange: false })],
    all,
    [add('y')],
    undefined,
  ],
  [
    'who rearranges rows and says something else besides does not',
    [remove('a', { dataChange: false }), add('b', { dataChange: false }), txn('t')],
    all,
    [add('y')],
    'concurrentAppend',
  ],
]

describe('a winner', () => {
  test.each(cases)('%s', (_name, actions, reads, winner, reason) => {
    expect(findConflict({ actions, reads }, winner)?.reason).toBe(reason)
  })
})
