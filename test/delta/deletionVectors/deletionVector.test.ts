import { describe, expect, test } from 'vitest'

import type { DeletionVector } from '../../../shared/delta/actions/actions.js'
import {
  deletionVectorPath,
  encodeDeletionVector,
  encodeDeletionVectors,
  inlineDeletionVector,
  readDeletionVector,
} from '../../../shared/delta/deletionVectors/deletionVector.js'
import { RoaringBitmap } from '../../../shared/delta/deletionVectors/roaringBitmap.js'
import { DeltaError } from '../../../shared/delta/deltaError.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { Random, seedNote } from '../../random.js'

const stored = async (positions: readonly number[]) => {
  const store = new MemoryStore()
  const { name, bytes, vector } = encodeDeletionVector(positions)
  await store.put(name, bytes)
  return { store, name, bytes: Buffer.from(bytes), vector }
}

describe('the path of a vector', () => {
  const vector = (storageType: DeletionVector['storageType'], pathOrInlineDv: string): DeletionVector => ({
    storageType,
    pathOrInlineDv,
    sizeInBytes: 1,
    cardinality: 1n,
  })

  test('is the protocol’s example, prefix and all', () => {
    expect(deletionVectorPath(vector('u', 'ab^-aqEH.-t@S}K{vb[*k^'))).toBe(
      'ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin',
    )
  })

  test('is what the log says where it is absolute', () => {
    expect(deletionVectorPath(vector('p', 'file:///a%20b/x.bin'))).toBe('file:///a%20b/x.bin')
  })

  test.each([
    ['u', 'short'],
    ['p', 'not/absolute.bin'],
    ['i', 'whatever'],
  ] as const)('%s %s names no file', (type, path) => {
    expect(() => deletionVectorPath(vector(type, path))).toThrow(DeltaError)
  })
})

describe('a stored vector', () => {
  test('comes back, alone or among others in one file', async () => {
    const store = new MemoryStore()
    const bitmaps = [[5], Array.from({ length: 9000 }, (_, i) => i * 3), [0, 2 ** 33]].map(positions =>
      RoaringBitmap.of(positions),
    )
    const { name, bytes, vectors } = encodeDeletionVectors(bitmaps)
    await store.put(name, bytes)
    expect(bytes[0]).toBe(1)
    for (const [i, vector] of vectors.entries()) {
      expect(deletionVectorPath(vector)).toBe(name)
      const back = await readDeletionVector(store, vector)
      expect([...back.positions()]).toEqual([...(bitmaps[i]?.positions() ?? [])])
    }
  })

  test.each<[string, (bytes: Buffer, vector: DeletionVector) => DeletionVector | undefined, RegExp]>([
    ['a damaged byte', bytes => void bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30), /checksum/],
    ['another length in the file', bytes => void bytes.writeInt32BE(7, 1), /7 bytes/],
    ['another format', bytes => void bytes.writeUInt8(2, 0), /format 2/],
    ['another cardinality in the log', (_, vector) => ({ ...vector, cardinality: 4n }), /3 rows where the log says 4/],
    ['a size past the end', (_, vector) => ({ ...vector, sizeInBytes: 9999 }), /past the end/],
    ['an offset before the format', (_, vector) => ({ ...vector, offset: 0 }), /at 0/],
  ])('%s is an error that names table, version and file', async (_, damage, message) => {
    const { store, name, bytes, vector } = await stored([1, 5, 9])
    const damaged = damage(bytes, vector) ?? vector
    await store.put(name, bytes)
    const read = readDeletionVector(store, damaged, { where: { version: 7 } })
    await expect(read).rejects.toMatchObject({
      code: 'DELTA_BAD_DELETION_VECTOR',
      message: expect.stringMatching(message) as string,
      data: { table: store.url, version: 7, file: name },
    })
  })

  test('that is gone is an error, for without it the rows are unknown', async () => {
    const { store, name, vector } = await stored([1])
    await store.delete(name)
    await expect(readDeletionVector(store, vector)).rejects.toMatchObject({
      code: 'DELTA_FILE_MISSING',
      data: { file: name },
    })
  })

  test('any damage is a DeltaError', async () => {
    const random = new Random()
    const { store, name, bytes, vector } = await stored([1, 5, 9, 70_000, 70_001])
    for (let round = 0; round < 300; round++) {
      const damaged = Buffer.from(bytes)
      const at = random.below(damaged.length)
      damaged[at] = (damaged[at] ?? 0) ^ (1 + random.below(255))
      await store.put(name, random.below(4) === 0 ? damaged.subarray(0, at) : damaged)
      await expect(readDeletionVector(store, vector), `${seedNote} byte ${at}`).rejects.toBeInstanceOf(DeltaError)
    }
  })
})

test('a vector in the log itself comes back, and a wrong one is refused', async () => {
  const vector = inlineDeletionVector(RoaringBitmap.of([3, 4, 7, 11, 18, 29]))
  expect([...(await readDeletionVector(new MemoryStore(), vector)).positions()]).toEqual([3, 4, 7, 11, 18, 29])
  for (const wrong of [{ pathOrInlineDv: `${vector.pathOrInlineDv}~` }, { sizeInBytes: 9999 }, { cardinality: 5n }]) {
    await expect(readDeletionVector(new MemoryStore(), { ...vector, ...wrong })).rejects.toMatchObject({
      code: 'DELTA_BAD_DELETION_VECTOR',
    })
  }
})
