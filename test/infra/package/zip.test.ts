import { crc32 } from 'node:zlib'

import { expect, test } from 'vitest'

import { zip } from '../../../infra/package/index.js'
import { unzip } from '../../harness/unzip.js'
import { Random, seedNote } from '../../random.js'

const text = (value: string) => new TextEncoder().encode(value)

test('what is put in comes out, whatever its length and name', () => {
  const random = new Random()
  const files = [0, 1, 2, 65_535, 65_536, 200_000].map((length, i) => ({
    path: `folder ${String(i)}/größe-${String(length)}.bin`,
    bytes: Uint8Array.from({ length }, () => (i % 2 === 0 ? 0 : random.below(256))),
  }))
  const found = unzip(zip(files))
  expect(found.map(({ path }) => path)).toEqual(files.map(({ path }) => path).sort())
  for (const { path, bytes } of files) {
    const file = found.find(one => one.path === path)
    expect(file?.bytes.equals(bytes), `${path}, ${seedNote}`).toBe(true)
    expect(file?.crc, path).toBe(crc32(bytes))
  }
})

test('the bytes depend on nothing but paths and contents', () => {
  const [a, b] = [
    { path: 'b.txt', bytes: text('two') },
    { path: 'a/c.txt', bytes: text('one') },
  ]
  const archive = zip([a, b])
  expect(zip([b, a]).equals(archive)).toBe(true)
  const files = unzip(archive)
  expect(new Set(files.map(({ time }) => time))).toEqual(new Set([0x21 << 16]))
  // A regular file that everybody may read: unzip of Unix would make an unreadable one of 0.
  expect(new Set(files.map(({ mode }) => mode))).toEqual(new Set([0o100644]))
})

test('an archive that other programs could not read is not written', () => {
  const many = Array.from({ length: 65_536 }, (_, i) => ({ path: String(i), bytes: text('') }))
  expect(() => zip(many)).toThrow(/ZIP64/)
})
