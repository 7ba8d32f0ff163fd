import { describe, expect, test } from 'vitest'

import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { nextTotals, StateReplay } from '../../../shared/delta/snapshot/state.js'

const totals = { numFiles: 2, sizeInBytes: 20n }
const add = (size: number, over: Partial<AddFile> = {}): Action => ({
  add: { path: `f${size}`, partitionValues: {}, size, modificationTime: 1, dataChange: true, ...over },
})
const remove = (size: number | undefined, dataChange = true): Action => ({ remove: { path: 'r', dataChange, size } })

describe('totals', () => {
  test.each<readonly [string, readonly Action[], typeof totals | undefined]>([
    ['grow by what is added and shrink by what is removed', [add(7), remove(10)], { numFiles: 2, sizeInBytes: 17n }],
    [
      'stay exact over a compaction',
      [remove(10, false), remove(10, false), add(19, { dataChange: false })],
      { numFiles: 1, sizeInBytes: 19n },
    ],
    ['are unknown after a remove without a size', [remove(undefined)], undefined],
    [
      'are unknown after a file was only added again, with new statistics for instance',
      [add(10, { dataChange: false })],
      undefined,
    ],
    ['are unknown rather than negative', [remove(10), remove(10), remove(10)], undefined],
  ])('%s', (_name, actions, expected) => {
    expect(nextTotals(totals, actions)).toEqual(expected)
  })
})

describe('a replay', () => {
  test('keeps the latest of each, and forgets a removed domain', () => {
    const replay = new StateReplay()
    const domain = (removed: boolean): Action => ({ domainMetadata: { domain: 'd', configuration: '', removed } })
    const metaData = (id: string, schemaString: string): Action => ({
      metaData: {
        id,
        format: { provider: 'parquet', options: {} },
        schemaString,
        partitionColumns: [],
        configuration: {},
      },
    })
    replay.applyCommit([
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      metaData('x', '{"type":"struct","fields":[]}'),
      domain(false),
    ])
    replay.applyCommit([{ txn: { appId: 'a', version: 5n } }])
    const before = replay.finish(1, 0, {})
    // The version of a transaction need not grow.
    replay.applyCommit([
      { txn: { appId: 'a', version: 3n } },
      domain(true),
      metaData('x', '{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]}'),
    ])
    const after = replay.finish(2, 0, {})
    expect([before.txns.get('a')?.version, before.domains.size, before.schema.fields.length]).toEqual([5n, 1, 0])
    expect([after.txns.get('a')?.version, after.domains.size, after.schema.fields.length]).toEqual([3n, 0, 1])
  })
})
