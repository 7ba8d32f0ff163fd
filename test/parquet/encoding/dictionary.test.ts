import { describe, expect, test } from 'vitest'

import { Utf8Column } from '../../../shared/parquet/base/index.js'
import { dictionaryOf } from '../../../shared/parquet/encoding/index.js'
import { Random, seedNote } from '../../random.js'

/** What a dictionary of the texts, given as bytes, reads back; `undefined` without a dictionary. */
function readBack(texts: readonly string[]): readonly string[] | undefined {
  const each = texts.map(text => Buffer.from(text))
  const lengths = Int32Array.from(each, ({ length }) => length)
  const values = Utf8Column.of(Buffer.concat(each), lengths)
  if (values === undefined) throw new Error('no well-formed texts')
  const dictionary = dictionaryOf({ kind: 'encodedText', values })
  if (dictionary === undefined) return undefined
  const { distinct, indexes } = dictionary
  if (distinct.kind !== 'encodedText') throw new Error(`a dictionary of ${distinct.kind}`)
  const strings = distinct.values.strings()
  return [...indexes].map(place => strings[place] as string)
}

describe('a dictionary of encoded texts', () => {
  test('texts that begin alike, or whose hashes meet, stay apart', () => {
    const random = new Random()
    for (let round = 0; round < 300; round++) {
      const letters = random.pick([['a'], ['a', 'é']])
      const text = () => Array.from({ length: random.below(12) }, () => random.pick(letters)).join('')
      const pool = Array.from({ length: 1 + random.below(20) }, text)
      const texts = Array.from({ length: 60 }, () => random.pick(pool))
      expect(readBack(texts), seedNote).toEqual(texts)
    }
  })

  test('is made when at least half of the texts repeat one before', () => {
    expect(readBack(['a', 'a'])).toEqual(['a', 'a'])
    expect(readBack(['a', 'b'])).toBeUndefined()
    expect(readBack(['a', 'b', 'a'])).toBeUndefined()
    expect(readBack(Array.from({ length: 5000 }, (_, i) => String(i)))).toBeUndefined()
  })
})
