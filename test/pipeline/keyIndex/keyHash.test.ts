import { expect, test } from 'vitest'

import { Utf8Column } from '../../../shared/parquet/index.js'
import { columnHashes, hashBits, hashValue } from '../../../shared/pipeline/keyIndex/keyHash.js'
import { Random, seedNote } from '../../random.js'

test('a key of a file and the same key of a new row have one hash, whatever characters it has', () => {
  const random = new Random()
  const keys = Array.from({ length: 2_000 }, () => random.text(12))
  const bytes = keys.map(key => Buffer.from(key))
  const column = Utf8Column.of(
    Buffer.concat(bytes),
    Int32Array.from(bytes, b => b.length),
  )
  if (column === undefined) throw new Error('no column')
  expect([...columnHashes(column)], seedNote).toEqual(keys.map(hashValue))
})

test('whole numbers of every width have one hash, as numbers and as bigints', () => {
  const random = new Random()
  const longs = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), ...Array.from({ length: 500 }, () => random.long())]
  expect([...columnHashes(BigInt64Array.from(longs))], seedNote).toEqual(longs.map(hashValue))
  const ints = [0, -1, 2 ** 31 - 1, -(2 ** 31)]
  expect([...columnHashes(Int32Array.from(ints))]).toEqual(ints.map(i => hashValue(BigInt(i))))
})

const count = (counts: Uint32Array, place: number) => void (counts[place] = (counts[place] ?? 0) + 1)

test('null has no hash', () => {
  expect(hashValue(null)).toBeUndefined()
  expect(columnHashes([null, 'a'])).toEqual(Float64Array.of(NaN, hashValue('a') ?? 0))
})

test.each([
  ['ascending ids', (i: number) => String(i)],
  ['padded ids', (i: number) => String(i).padStart(20, '0')],
  [
    'ids that differ in one byte of four',
    (i: number) => Buffer.from([i >> 16, 65, 65, i >> 8, 65, i, 65]).toString('latin1'),
  ],
  ['uuids', (i: number) => `00000000-0000-4000-8000-${(i * 2654435761).toString(16).padStart(12, '0').slice(-12)}`],
])('hashes of %s are spread like random numbers', (_, keyOf) => {
  const n = 200_000
  const hashes = new Set<number>()
  const buckets = new Uint32Array(256)
  const low = new Uint32Array(256)
  const distinct = new Set<string>()
  const outside: number[] = []
  for (let i = 0; i < n; i++) {
    const key = keyOf(i)
    if (distinct.has(key)) continue
    distinct.add(key)
    const hash = hashValue(key) ?? 0
    if (!Number.isSafeInteger(hash) || hash < 0 || hash >= 2 ** hashBits) outside.push(hash)
    hashes.add(hash)
    count(buckets, Math.floor(hash / 2 ** (hashBits - 8)))
    count(low, hash % 256)
  }
  expect(outside).toEqual([])
  // n² / 2^38 pairs meet by chance: 0.15 of 200,000.
  expect(distinct.size - hashes.size).toBeLessThan(6)
  const expected = distinct.size / 256
  for (const counts of [buckets, low]) {
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 255 degrees of freedom: six standard deviations.
    expect(chi).toBeLessThan(255 + 6 * Math.sqrt(510))
  }
})
