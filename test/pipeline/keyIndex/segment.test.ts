import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { hashBits } from '../../../shared/pipeline/keyIndex/keyHash.js'
import { PackedStretches } from '../../../shared/pipeline/keyIndex/packedStretches.js'
import { KeySegment } from '../../../shared/pipeline/keyIndex/segment.js'
import type { IndexedFile } from '../../../shared/pipeline/keyIndex/segmentTrailer.js'
import { SegmentWriter } from '../../../shared/pipeline/keyIndex/segmentWriter.js'
import { LocalDiskStore } from '../../../shared/storage/index.js'
import { Random, seedNote } from '../../random.js'

const [files, stretchesPerFile] = [3, 500]
const stretches = files * stretchesPerFile
const hashes = 2 ** hashBits

const indexedFile = (path: string): IndexedFile => ({
  path,
  size: 1,
  rows: 1,
  columns: ['id', 'at'].map(name => ({ element: { name }, codec: 'ZSTD' as const })),
  stretches: PackedStretches.of(Array.from({ length: stretchesPerFile }, (_, i) => [1, i, 1, i, 1])),
})

/** Pairs of hash and stretch in the order of a segment, none twice. */
function sorted(pairs: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const ordered = pairs.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
  return ordered.filter(([hash, stretch], i) => hash !== ordered[i - 1]?.[0] || stretch !== ordered[i - 1]?.[1])
}

const spreads: Readonly<Record<string, (random: Random) => number>> = {
  'spread evenly': random => Math.floor(random.next() * hashes),
  'of two corners, with nothing between them': random =>
    random.below(50) === 0 ? hashes - 1 - random.below(1_000) : random.below(hashes / 64),
  'half of them one and the same': random =>
    random.below(2) === 0 ? Math.floor(hashes / 3) : Math.floor(random.next() * hashes),
}

test.each(Object.keys(spreads))('hashes %s are found, and no other, and come back in order', async name => {
  const random = new Random()
  const folder = await mkdtemp(join(tmpdir(), 'segment-'))
  try {
    const pairs = sorted(
      Array.from({ length: 200_000 }, () => [spreads[name]?.(random) ?? 0, random.below(stretches)] as const),
    )
    const store = new LocalDiskStore(folder)
    const trailer = {
      columns: ['id', 'at'] as const,
      keyType: '"string"',
      entries: pairs.length,
      files: ['a', 'b', 'c'].map(indexedFile),
    }
    const writer = new SegmentWriter(await store.create('segment'), trailer)
    for (const [hash, stretch] of pairs) if (!writer.add(hash, stretch)) await writer.flush()
    const size = await writer.finish()

    const path = join(folder, 'segment')
    const segment = await KeySegment.open(path, size)
    if (segment === undefined) throw new Error('the segment is damaged')
    const read: (readonly [number, number])[] = []
    for await (const piece of segment.entries(path))
      piece.hashes.forEach((hash, i) => read.push([hash, piece.stretches[i] ?? -1]))
    expect(read.length, seedNote).toBe(pairs.length)
    expect(read.every(([hash, stretch], i) => hash === pairs[i]?.[0] && stretch === pairs[i][1])).toBe(true)

    const there = Map.groupBy(pairs, ([hash]) => hash)
    const strangers = Array.from({ length: 500 }, () => Math.floor(random.next() * hashes))
    const asked = [...pairs.filter((_, i) => i % 97 === 0).map(([hash]) => hash), ...strangers, 0, hashes - 1]
    const sought = Float64Array.from(new Set(asked)).sort()
    const found = await segment.find(path, sought)
    const places = [...found].flatMap(([file, own]) =>
      [...own].flatMap(([stretch, of]) => of.map(hash => `${hash} ${file * stretchesPerFile + stretch}`)),
    )
    const wanted = [...sought].flatMap(hash => (there.get(hash) ?? []).map(([, stretch]) => `${hash} ${stretch}`))
    expect(places.sort(), seedNote).toEqual(wanted.sort())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
