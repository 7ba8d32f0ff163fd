import { describe, expect, test } from 'vitest'

import type { Action, AddFile } from '../../../shared/delta/actions/actions.js'
import { plainAdds } from '../../../shared/delta/checkpoint/checkpointAdds.js'
import { checkpointActions } from '../../../shared/delta/checkpoint/checkpointRow.js'
import { checkpointFields } from '../../../shared/delta/checkpoint/checkpointSchema.js'
import { checkpointColumns } from '../../../shared/delta/checkpoint/checkpointValue.js'
import { bufferSource, encodeParquet, openParquet } from '../../../shared/parquet/index.js'
import { Random, seedNote } from '../../random.js'

const fields = checkpointFields({ stats: true })

async function written(actions: readonly Action[], rowGroupRows?: number) {
  return openParquet(
    bufferSource(
      encodeParquet(checkpointColumns(actions, fields), {
        codec: 'snappy',
        ...(rowGroupRows === undefined ? {} : { rowGroupRows }),
      }),
    ),
  )
}

function add(more: Partial<AddFile> = {}): Action {
  return { add: { path: 'a', partitionValues: {}, size: 1, modificationTime: 2, dataChange: true, ...more } }
}

describe('files straight from the columns of a checkpoint', () => {
  test('are the same as by the general way, whatever stands between them', async () => {
    const random = new Random()
    for (let round = 0; round < 40; round++) {
      const columns = random.pick([[], ['p'], ['p', 'q r', '__proto__']])
      const actions = Array.from({ length: random.below(60) }, (_, i): Action => {
        if (random.below(5) === 0) return { txn: { appId: `${i}`, version: random.long() } }
        if (random.below(5) === 0)
          return {
            remove: { path: `r${i}`, dataChange: false, deletionTimestamp: i, partitionValues: { p: 'x' }, size: 3 },
          }
        return add({
          path: random.text(40),
          partitionValues: Object.fromEntries(columns.map(name => [name, random.pick([null, '', random.text(9)])])),
          size: random.pick([0, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1]),
          modificationTime: random.pick([0, -1, 1_700_000_000_000]),
          stats: random.pick([undefined, '', `{"numRecords":${i}}`, random.text(300)]),
        })
      })
      const file = await written(actions, 1 + random.below(30))
      for (const group of file.rowGroups) {
        const { rowStart } = group
        const general = checkpointActions(
          await file.readColumns({ fields, rowStart, rowEnd: rowStart + group.rows }),
          {},
        )
        const expected = general.flatMap(action => ('add' in action ? [action.add] : []))
        expect(await plainAdds(file, group), `${seedNote}, round ${round}`).toEqual(expected)
      }
    }
  })

  test.each([
    ['tags', { tags: { a: 'b' } }],
    [
      'a deletion vector',
      { deletionVector: { storageType: 'i' as const, pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1n } },
    ],
    ['a row id', { baseRowId: 0n }],
    ['the version of its rows', { defaultRowCommitVersion: 0n }],
    ['a clustering provider', { clusteringProvider: 'liquid' }],
  ])('are left to the general way where one has %s', async (_what, more) => {
    const file = await written([add(), add(more)])
    for (const group of file.rowGroups) expect(await plainAdds(file, group)).toBeUndefined()
  })

  test('are left to the general way, which says what is wrong, where a number is too large or a path is missing', async () => {
    const field = fields.find(({ name }) => name === 'add')
    if (field === undefined) throw new Error('no such column')
    const row = { path: 'a', partitionValues: [], size: 1n, modificationTime: 1n, dataChange: true }
    for (const damage of [{ size: 2n ** 60n }, { path: null }, { modificationTime: null }]) {
      const file = await openParquet(bufferSource(encodeParquet([{ field, data: [row, { ...row, ...damage }] }])))
      for (const group of file.rowGroups) expect(await plainAdds(file, group)).toBeUndefined()
      expect(() => checkpointActions([{ field, data: [{ ...row, ...damage }] }], {})).toThrow(/add\./)
    }
  })
})
