import { describe, expect, test } from 'vitest'

import { decodeAction, encodeAction } from '../../../shared/delta/actions/actionCodec.js'
import type { AddFile } from '../../../shared/delta/actions/actions.js'
import { addLineStart, plainAdd } from '../../../shared/delta/actions/plainAdd.js'
import { parseJson } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const general = (line: string) => {
  const action = decodeAction(parseJson(line))
  return action !== undefined && 'add' in action ? action.add : undefined
}

describe('a plain add', () => {
  test('says the same as by the general way', () => {
    const random = new Random()
    let plain = 0
    for (let i = 0; i < 2_000 || (plain <= 500 && i < 100_000); i++) {
      const add: AddFile = {
        path: random.text(60),
        partitionValues: random.pick([{}, { p: random.text(5) }, { p: null, ['__proto__']: 'x' }]),
        size: random.pick([0, 2 ** 31, 2 ** 53 - 1]),
        modificationTime: random.pick([0, -5, 1_700_000_000_000]),
        dataChange: random.below(2) === 0,
        stats: random.pick([
          undefined,
          random.text(200),
          '{"numRecords":9223372036854775807,"minValues":{"d":1.5e-9}}',
        ]),
        tags: random.pick([undefined, {}, { a: random.text(9), b: null }]),
        baseRowId: random.pick([undefined, undefined, 0n, 2n ** 62n]),
        clusteringProvider: random.pick([undefined, 'liquid']),
      }
      const line = encodeAction({ add })
      expect(line.startsWith(addLineStart)).toBe(true)
      const found = plainAdd(line)
      if (found === undefined) continue
      plain++
      expect(found, `${seedNote}: ${line}`).toEqual(general(line))
    }
    expect(plain, seedNote).toBeGreaterThan(500)
  })

  const rest = '"size":1,"modificationTime":1,"dataChange":true}}'
  test.each([
    [
      'a number beyond 2^53',
      `{"add":{"path":"a","partitionValues":{},"size":9007199254740993,"modificationTime":1,"dataChange":true}}`,
    ],
    ['a fraction', `{"add":{"path":"a","partitionValues":{},"size":1.5,"modificationTime":1,"dataChange":true}}`],
    ['a deletion vector', `{"add":{"path":"a","partitionValues":{},"deletionVector":{},${rest}`],
    ['a row id', `{"add":{"path":"a","partitionValues":{},"baseRowId":7,${rest}`],
    ['the commit of its row ids', `{"add":{"path":"a","partitionValues":{},"defaultRowCommitVersion":7,${rest}`],
    ['a number for a partition', `{"add":{"path":"a","partitionValues":{"p":1},${rest}`],
    ['a list of partitions', `{"add":{"path":"a","partitionValues":[],${rest}`],
    ['no partitions', `{"add":{"path":"a",${rest}`],
    ['tags that are no map', `{"add":{"path":"a","partitionValues":{},"tags":"x",${rest}`],
    ['a path that is none', `{"add":{"path":5,"partitionValues":{},${rest}`],
    ['no end', `{"add":{"path":"a","partitionValues":{},"size":1`],
  ])('is left to the general way with %s', (_what, line) => {
    expect(plainAdd(line)).toBeUndefined()
  })

  test('has no trouble with nulls', () => {
    const line = `{"add":{"path":"a","partitionValues":{"p":null},"stats":null,"tags":null,"deletionVector":null,"baseRowId":null,${rest}`
    expect(plainAdd(line)).toEqual(general(line))
  })
})
