import { expect, test } from 'vitest'

import { type StoredData, Utf8Column } from '../../../shared/parquet/index.js'
import { rowsWithKeys } from '../../../shared/pipeline/keyIndex/keyRows.js'
import type { KeyValue } from '../../../shared/pipeline/keyIndex/soughtKeys.js'
import { Random, seedNote } from '../../random.js'

function textColumn(texts: readonly (string | null)[]): Utf8Column {
  const bytes = texts.map(text => Buffer.from(text ?? ''))
  let end = 0
  const ends = Int32Array.from(bytes, ({ length }) => (end += length))
  return Utf8Column.ofChecked(
    Buffer.concat(bytes),
    ends,
    Uint8Array.from(texts, text => (text === null ? 0 : 1)),
  )
}

const found = (data: StoredData, keys: readonly KeyValue[]) =>
  rowsWithKeys(
    data,
    keys.map(value => ({ value, first: 0n, last: 0n })),
  )
    .map(({ key, row }) => `${row} ${String(key.value)}`)
    .sort()

test('a key is a whole text of the column: not a part of one, and not what two make together', () => {
  const texts = [
    'abcdefgh',
    'xabcdefgh',
    'abcdefghx',
    'abcd',
    'efgh',
    '',
    null,
    'abcdefgh',
    'abcdefghabcdefgh',
    'é-é-é-é',
  ]
  const rows = (key: string) => texts.flatMap((text, row) => (text === key ? [`${row} ${key}`] : []))
  for (const key of ['abcdefgh', 'xabcdefgh', 'abcd', 'abcdefghabcdefgh', 'é-é-é-é', 'ghabcdefgh', 'abcdefghabcd', ''])
    expect(found(textColumn(texts), [key]), key).toEqual(rows(key).sort())
})

test('the same rows as by comparing each: random texts of few characters, whole numbers, values in memory', () => {
  const random = new Random()
  for (let round = 0; round < 200; round++) {
    const text = () => Array.from({ length: random.below(14) }, () => random.pick(['a', 'b', 'ß'])).join('')
    const texts = Array.from({ length: 60 }, () => (random.below(9) === 0 ? null : text()))
    const keys = [...new Set([...texts.filter(t => t !== null && random.below(4) === 0), text(), text()])] as string[]
    const longs = BigInt64Array.from(texts, t => BigInt(t?.length ?? 0) - 3n)
    const rows = keys.flatMap(key => texts.flatMap((t, row) => (t === key ? [`${row} ${key}`] : []))).sort()
    expect(found(textColumn(texts), keys), seedNote).toEqual(rows)
    expect(found(texts, keys), seedNote).toEqual(rows)
    expect(found(longs, [-3n, 2n])).toEqual(
      [-3n, 2n].flatMap(key => [...longs].flatMap((t, row) => (t === key ? [`${row} ${key}`] : []))).sort(),
    )
  }
})
