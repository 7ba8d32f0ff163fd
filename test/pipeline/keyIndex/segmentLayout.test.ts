import { expect, test } from 'vitest'

import { hashBits } from '../../../shared/pipeline/keyIndex/keyHash.js'
import { directoryBytes } from '../../../shared/pipeline/keyIndex/segmentDirectory.js'
import {
  entriesBytes,
  EntryPacker,
  EntryReader,
  segmentLayout,
} from '../../../shared/pipeline/keyIndex/segmentLayout.js'
import { Random, seedNote } from '../../random.js'

test.each([
  [1, 1],
  [100, 100],
  [100, 1],
  [5_000, 5_000],
  [5_000, 3],
  [300_000, 40],
  [300_000, 65_536],
])('%i entries of %i row groups are read as they were packed', (entries, groups) => {
  const random = new Random()
  const layout = segmentLayout(entries, groups)
  const packer = new EntryPacker(layout, 1 << 16)
  const most = 2 ** (hashBits - layout.bucketBits)
  const pushed: { rest: number; group: number }[] = []
  const parts: Uint8Array[] = []
  for (let i = 0; i < Math.min(entries, 20_000); i++) {
    const entry = {
      rest: i === 0 ? most - 1 : Math.floor(random.next() * most),
      group: i === 0 ? groups - 1 : random.below(groups),
    }
    pushed.push(entry)
    packer.push(entry.rest, entry.group)
    if (packer.size >= 1 << 16) parts.push(packer.take())
  }
  parts.push(packer.finish())
  const bytes = Buffer.concat(parts)
  if (pushed.length === entries) expect(bytes.length).toBe(entriesBytes(layout))
  const reader = new EntryReader(layout)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  expect(
    pushed.map((_, place) => reader.at(view, 0, place)),
    seedNote,
  ).toEqual(pushed.map(({ rest, group }) => rest * reader.unit + group))
})

test.each([1e6, 14e6, 70e6, 100e6, 130e6])('%d keys in pages of 256 take less than four bytes each', entries => {
  const layout = segmentLayout(entries, entries / 256)
  const bytes = entriesBytes(layout) + directoryBytes(layout)
  expect(bytes / entries).toBeLessThan(4)
})
