import { expect, test } from 'vitest'

import { checkedFolder, checkedPath, checkedPrefix, compareUtf8, joinedPath } from '../../shared/storage/objectPath.js'
import { Random, seedNote } from '../random.js'

test('compareUtf8 orders as the bytes do, for any pair of names', () => {
  const random = new Random()
  const alphabet = [
    'a',
    'b',
    '/',
    '-',
    '.',
    '~',
    'é',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ]
  const text = () => Array.from({ length: random.below(4) }, () => random.pick(alphabet)).join('')
  for (let i = 0; i < 5000; i++) {
    const [a, b] = [text(), text()]
    expect(Math.sign(compareUtf8(a, b)), `${seedNote}: ${JSON.stringify([a, b])}`).toBe(
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    )
  }
})

test('a prefix may end inside a name, even inside one that begins with dots', () => {
  for (const prefix of ['', 'a', 'a/', 'a/b', 'a/.', 'a/..', '..']) expect(checkedPrefix(prefix)).toBe(prefix)
  for (const prefix of ['/', '/a', 'a//', '../a', 'a/../', './'])
    expect(() => checkedPrefix(prefix)).toThrow('object name')
})

test('a folder may be given with the slash that listings need, a name may not', () => {
  expect(checkedFolder('a/b/')).toBe('a/b')
  expect(checkedFolder('')).toBe('')
  expect(() => checkedFolder('a//')).toThrow('empty part')
  expect(() => checkedPath('a/')).toThrow('empty part')
  expect(() => checkedPath('a\\b')).toThrow('backslash')
})

test('joining with the root changes nothing', () => {
  expect([joinedPath('', 'a'), joinedPath('a', ''), joinedPath('a', 'b/c')]).toEqual(['a', 'a', 'a/b/c'])
})
