import { describe, expect, test } from 'vitest'

import { decodeAction, decodeActions, decodeCommit, encodeCommit } from '../../../shared/delta/actions/actionCodec.js'
import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { DeltaError } from '../../../shared/delta/deltaError.js'
import { parseJson } from '../../../shared/types/index.js'
import { haveConformanceTables } from '../../harness/conformanceTables.js'
import { logFiles } from '../conformanceLogs.js'

const add: AddFile = { path: 'a.parquet', partitionValues: {}, size: 1, modificationTime: 2, dataChange: true }

describe('reading a commit', () => {
  test('a txn version beyond 2^53 keeps all digits', () => {
    expect(decodeCommit('{"txn":{"appId":"a","version":9007199254740993}}\n')).toEqual([
      { txn: { appId: 'a', version: 9007199254740993n } },
    ])
    expect(decodeCommit('{"txn":{"appId":"a","version":7}}')).toEqual([{ txn: { appId: 'a', version: 7n } }])
  })

  test('actions and fields of the future are ignored', () => {
    const text =
      '{"shiny":{"x":1}}\n{"add":{"path":"a.parquet","partitionValues":{},"size":1,"modificationTime":2,' +
      '"dataChange":true,"shinyField":[1]}}\n\n'
    expect(decodeCommit(text)).toEqual([{ add }])
  })

  test('an action named like a method of Object is not one', () => {
    expect(decodeAction(parseJson('{"constructor":{},"toString":{}}'))).toBeUndefined()
  })

  test('the line of a checkpoint, with nulls for the other actions, is the one that is set', () => {
    expect(decodeAction(parseJson('{"add":null,"txn":{"appId":"a","version":1}}'))).toEqual({
      txn: { appId: 'a', version: 1n },
    })
  })

  test('a deletion vector and row ids come as bigints', () => {
    const text =
      '{"add":{"path":"a","partitionValues":{"p":null},"size":1,"modificationTime":2,"dataChange":false,' +
      '"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":1,"sizeInBytes":36,"cardinality":2},' +
      '"baseRowId":0,"defaultRowCommitVersion":9223372036854775807}}'
    expect(decodeCommit(text)).toMatchObject([
      {
        add: {
          partitionValues: { p: null },
          deletionVector: { storageType: 'u', offset: 1, sizeInBytes: 36, cardinality: 2n },
          baseRowId: 0n,
          defaultRowCommitVersion: 9223372036854775807n,
        },
      },
    ])
  })

  test.each([
    ['{"add":{"partitionValues":{},"size":1,"modificationTime":2,"dataChange":true}}', /add: .*"path" is missing/],
    ['{"add":{"path":"a","partitionValues":{},"size":"1","modificationTime":2,"dataChange":true}}', /"size" must be/],
    ['{"add":{"path":"a","partitionValues":{},"size":1.5,"modificationTime":2,"dataChange":true}}', /"size" must be/],
    ['{"txn":{"appId":"a","version":9223372036854775808}}', /"version" must be a long/],
    ['{"metaData":{"id":"x","schemaString":"{}","configuration":{"a":{}}}}', /"configuration\.a" must be a string/],
    ['{"protocol":{"minReaderVersion":1}}', /minWriterVersion/],
    ['{"protocol":[]}', /must be a JSON object/],
    ['[]', /must be a JSON object/],
  ])('%s is refused with its place', (line, message) => {
    const read = () => decodeCommit(`{"commitInfo":{}}\n${line}\n`, { table: 'lake/t', version: 7, file: '07.json' })
    expect(read).toThrow(message)
    expect(read).toThrow(/table lake\/t, version 7, file 07\.json, line 2/)
    expect(read).toThrow(DeltaError)
  })
})

describe('writing a commit', () => {
  test.each([
    ['1743500000000', 1743500000000],
    ['1743500000000000000000', 1743500000000000000000],
    ['"yesterday"', undefined],
    ['null', undefined],
  ])('what a writer says of its times may be anything: %s', (text, time) => {
    const times = `"timestamp":${text},"inCommitTimestamp":${text}`
    const [action] = decodeCommit(`{"commitInfo":{${times},"operation":"WRITE"}}`)
    const commitInfo = action && 'commitInfo' in action ? action.commitInfo : undefined
    expect([commitInfo?.timestamp, commitInfo?.inCommitTimestamp, commitInfo?.operation]).toEqual([time, time, 'WRITE'])
  })

  test('commitInfo is the first line, whatever order it was given in', () => {
    const text = encodeCommit([{ add }, { txn: { appId: 'a', version: 2n ** 60n } }, { commitInfo: { txnId: 'u' } }])
    expect(text).toBe(
      '{"commitInfo":{"txnId":"u"}}\n' +
        '{"add":{"path":"a.parquet","partitionValues":{},"size":1,"modificationTime":2,"dataChange":true}}\n' +
        '{"txn":{"appId":"a","version":1152921504606846976}}\n',
    )
  })

  test('what is written is read back the same', () => {
    const actions: Action[] = [
      { commitInfo: { operation: 'WRITE', operationParameters: { mode: 'Append', partitionBy: '[]' } } },
      { protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['a'], writerFeatures: ['a', 'b'] } },
      {
        metaData: {
          id: 'x',
          format: { provider: 'parquet', options: {} },
          schemaString: '{"type":"struct","fields":[]}',
          partitionColumns: ['p'],
          configuration: { 'delta.appendOnly': 'true' },
          createdTime: 5,
        },
      },
      { add: { ...add, stats: '{"numRecords":9007199254740993}', tags: { t: null }, baseRowId: 3n } },
      { remove: { path: 'b', dataChange: true, deletionTimestamp: 4, extendedFileMetadata: true, size: 3 } },
      { domainMetadata: { domain: 'd', configuration: '{}', removed: false } },
    ]
    expect(decodeCommit(encodeCommit(actions))).toEqual(actions)
  })

  test.each<[string, Action[]]>([
    ['one file added twice under two spellings', [{ add }, { add: { ...add, path: '%61.parquet' } }]],
    ['one file both added and removed', [{ add }, { remove: { path: 'a.parquet', dataChange: true } }]],
    ['two txns of one application', [{ txn: { appId: 'a', version: 1n } }, { txn: { appId: 'a', version: 2n } }]],
    [
      'two protocols',
      [
        { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
        { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      ],
    ],
  ])('%s has no meaning and is refused', (_name, actions) => {
    expect(() => encodeCommit(actions, { version: 3 })).toThrow(/may hold only one .*version 3/)
  })

  test('a file may get another deletion vector in one commit', () => {
    const vector = { storageType: 'u', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1n } as const
    const actions: Action[] = [
      { add: { ...add, deletionVector: vector } },
      { remove: { path: add.path, dataChange: true } },
    ]
    expect(() => encodeCommit(actions)).not.toThrow()
  })
})

describe.skipIf(!haveConformanceTables)('logs that other engines wrote', () => {
  test('every commit is read, and means the same after it is written again', () => {
    const files = logFiles(/^\d{20}\.json$/)
    expect(files.length).toBeGreaterThan(100)
    for (const { table, name, version, text } of files) {
      const actions = decodeCommit(text, { table, version, file: name })
      expect(decodeActions(encodeCommit(actions)), `${table} ${name}`).toEqual([
        ...actions.filter(a => 'commitInfo' in a),
        ...actions.filter(a => !('commitInfo' in a)),
      ])
    }
  })
})
