import { expect, test } from 'vitest'

import {
  directoryBytes,
  SegmentDirectory,
  SegmentDirectoryWriter,
} from '../../../shared/pipeline/keyIndex/segmentDirectory.js'
import { segmentLayout } from '../../../shared/pipeline/keyIndex/segmentLayout.js'
import { Random, seedNote } from '../../random.js'

/** How many entries each bucket has, as far as there are any. */
const spreads: Readonly<Record<string, (random: Random, buckets: number) => number>> = {
  evenly: (random, buckets) => random.below(buckets),
  'in the first bucket': () => 0,
  'in the last bucket': (_, buckets) => buckets - 1,
  'in two buckets far apart': (random, buckets) => (random.below(2) === 0 ? 1 : buckets - 2),
  'most of them in one': (random, buckets) => (random.below(10) === 0 ? random.below(buckets) : buckets >> 1),
}

test.each(
  Object.keys(spreads).flatMap(name => [1, 2, 31, 32, 33, 63, 64, 65, 127, 5_000, 40_000].map(n => [n, name] as const)),
)('the bucket of each of %i entries %s is found', (entries, name) => {
  const random = new Random()
  const layout = segmentLayout(entries, 1)
  const buckets = 2 ** layout.bucketBits
  const counts = new Uint32Array(buckets)
  for (let i = 0; i < entries; i++) {
    const bucket = Math.max(0, Math.min(buckets - 1, spreads[name]?.(random, buckets) ?? 0))
    counts[bucket] = (counts[bucket] as number) + 1
  }
  const writer = new SegmentDirectoryWriter(layout)
  counts.forEach((count, bucket) => {
    for (let i = 0; i < count; i++) writer.add(bucket)
  })
  const bytes = writer.finish()
  expect(bytes).toHaveLength(directoryBytes(layout))
  const directory = new SegmentDirectory(layout, bytes)
  let start = 0
  const wrong: number[] = []
  counts.forEach((count, bucket) => {
    const found = directory.startOf(bucket)
    if (found !== start || directory.endOf(bucket, found) !== start + count) wrong.push(bucket)
    start += count
  })
  expect(wrong, seedNote).toEqual([])
  expect(directory.startOf(buckets)).toBe(entries)
})
