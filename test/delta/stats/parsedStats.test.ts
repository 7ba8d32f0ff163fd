import { describe, expect, test } from 'vitest'

import { readCheckpoint } from '../../../shared/delta/checkpoint/checkpoint.js'
import { classicCheckpointPath } from '../../../shared/delta/log/logName.js'
import { listLog } from '../../../shared/delta/log/logSegment.js'
import { encodeParquet } from '../../../shared/parquet/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { DataType, StructField } from '../../../shared/types/index.js'

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true })
const struct = (name: string, ...fields: StructField[]) => field(name, { type: 'struct', fields })

describe('statistics that a checkpoint has as a struct only', () => {
  test('come out as their JSON, exact and without what is null; times of before whole minutes as ones whose offset may be cut', async () => {
    const bounds = [
      field('l', 'long'),
      field('d', { type: 'decimal', precision: 30, scale: 2 }),
      field('t', 'timestamp'),
      field('u', 'timestamp'),
      field('day', 'date'),
      field('x', 'double'),
      field('s', 'string'),
      struct('in', field('a', 'integer'), field('b', 'integer')),
    ]
    const values = {
      l: 9_007_199_254_740_993n,
      d: 12_345_678_901_234_567_890n,
      t: -1n,
      u: 1_700_000_000_000_001n,
      day: 19_782,
      x: Number.NaN,
      s: 'é"',
      in: { a: 1, b: null },
    }
    const add = struct(
      'add',
      field('path', 'string'),
      field('size', 'long'),
      field('modificationTime', 'long'),
      struct(
        'stats_parsed',
        field('numRecords', 'long'),
        struct('minValues', ...bounds),
        struct('nullCount', field('l', 'long')),
      ),
    )
    const row = {
      path: 'a',
      size: 1n,
      modificationTime: 2n,
      stats_parsed: { numRecords: 3n, minValues: values, nullCount: { l: null } },
    }
    const store = new MemoryStore()
    await store.put(
      classicCheckpointPath(1),
      encodeParquet([{ field: add, data: [row, { ...row, path: 'b', stats_parsed: null }] }]),
    )
    const [checkpoint] = (await listLog(store)).checkpoints
    if (checkpoint === undefined) throw new Error('no checkpoint')
    const stats: (string | undefined)[] = []
    for await (const actions of readCheckpoint(store, checkpoint)) {
      for (const action of actions) stats.push('add' in action ? action.add.stats : 'no add')
    }
    expect(stats).toEqual([
      '{"numRecords":3,"minValues":{"l":9007199254740993,"d":123456789012345678.90,"t":"1969-12-31T23:59:59.999+00:00","u":"2023-11-14T22:13:20.000Z",' +
        '"day":"2024-02-29","x":"NaN","s":"é\\"","in":{"a":1}},"nullCount":{}}',
      undefined,
    ])
  })
})
