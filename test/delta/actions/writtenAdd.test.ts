import { describe, expect, test } from 'vitest'

import { decodeAction, encodeAction } from '../../../shared/delta/actions/actionCodec.js'
import type { AddFile } from '../../../shared/delta/actions/actions.js'
import { writtenAdd } from '../../../shared/delta/actions/writtenAdd.js'
import { parseJson } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const general = (line: string) => {
  const action = decodeAction(parseJson(line))
  return action !== undefined && 'add' in action ? action.add : undefined
}

const deltaRsEnd = ',"tags":null,"baseRowId":null,"defaultRowCommitVersion":null,"clusteringProvider":null}}'
const line = (parts: { path?: string; partitions?: string; size?: string; time?: string; change?: string } = {}) =>
  `{"add":{"path":${parts.path ?? '"a.parquet"'},"partitionValues":${parts.partitions ?? '{}'},"size":${parts.size ?? '1'},` +
  `"modificationTime":${parts.time ?? '2'},"dataChange":${parts.change ?? 'true'}`

const read = (text: string) => writtenAdd(text, 0, text.length)

describe('an add as the usual writers write it', () => {
  test('says the same as by the general way, wherever it lies in a text', () => {
    const random = new Random()
    let written = 0
    for (let i = 0; i < 2_000 || (written <= 500 && i < 100_000); i++) {
      const add: AddFile = {
        path: random.pick([`part-${i}.parquet`, random.text(60)]),
        partitionValues: random.pick([
          {},
          { p: random.text(5) },
          { p: null, ['__proto__']: 'x' },
          { '},"size":': '}' },
        ]),
        size: random.pick([0, 7, 2 ** 31, 2 ** 53 - 1]),
        modificationTime: random.pick([0, -5, 1_700_000_000_000]),
        dataChange: random.below(2) === 0,
        stats: random.pick([undefined, random.text(200), '', '\\', '"}}', '{"numRecords":9223372036854775807}']),
        tags: random.pick([undefined, undefined, { a: random.text(9) }]),
      }
      const own = encodeAction({ add })
      const text = random.below(2) === 0 ? own : own.replace(/\}\}$/, deltaRsEnd)
      const before = random.text(20)
      const found = writtenAdd(`${before}${text}\n${own}`, before.length, before.length + text.length)
      if (found === undefined) continue
      written++
      expect(found, `${seedNote}: ${text}`).toEqual(general(text))
    }
    expect(written, seedNote).toBeGreaterThan(500)
  })

  test.each([
    ['as Spark writes it', `${line()},"stats":"{\\"numRecords\\":5}"}}`],
    ['as delta-rs writes it', `${line()},"stats":"{\\"numRecords\\":5}"${deltaRsEnd}`],
    ['without statistics', `${line({ change: 'false' })}}}`],
    ['with escapes and other letters', `${line({ path: '"\\u00e9é%20😀"' })},"stats":"\\\\\\"\\n\\u0000"}}`],
    ['with partitions', `${line({ partitions: '{"a":"}","b":null,"c":"x\\"y"}' })}}}`],
  ])('is read %s', (_how, text) => {
    expect(general(text)).toBeDefined()
    expect(read(text)).toEqual(general(text))
  })

  test.each([
    ['a blank more', `${line()} }}`],
    [
      'another field first',
      `{"add":{"size":1,"path":"a","partitionValues":{},"modificationTime":1,"dataChange":true}}`,
    ],
    ['a field that it does not know', `${line()},"later":1}}`],
    ['statistics twice', `${line()},"stats":"a","stats":"b"}}`],
    ['a path twice, the second at the end', `${line()},"path":"b"}}`],
    ['tags behind the statistics', `${line()},"stats":"a","tags":{"x":"y"}}}`],
    ['statistics that are no text', `${line()},"stats":{"numRecords":1}}}`],
    ['statistics that are null', `${line()},"stats":null}}`],
    ['two values for one string', `${line()},"stats":"a"b"}}`],
    ['a raw control character', `${line({ path: '"a\u0001"' })}}}`],
    ['an escape that is none', `${line({ path: '"a\\x"' })}}}`],
    ['a quote in the path', `${line({ path: '"a\\"b"' })}}}`],
    ['a zero before its size', `${line({ size: '01' })}}}`],
    ['a fraction', `${line({ size: '1.0' })}}}`],
    ['an exponent', `${line({ size: '1e3' })}}}`],
    ['a number beyond 2^53', `${line({ time: '9007199254740993' })}}}`],
    ['a number below zero', `${line({ time: '-1' })}}}`],
    ['no number', `${line({ size: '' })}}}`],
    ['a number for a partition', `${line({ partitions: '{"p":1}' })}}}`],
    ['a list of partitions', `${line({ partitions: '[{}' })}}}`],
    ['neither true nor false', `${line({ change: 'null' })}}}`],
    ['more actions in the line', `${line()}},"remove":{"path":"b"}}`],
    ['no end', line()],
  ])('is left to the others with %s', (_what, text) => {
    expect(read(text)).toBeUndefined()
  })
})
