import { describe, expect, test } from 'vitest'

import {
  canonicalJson,
  decodeLastCheckpoint,
  encodeLastCheckpoint,
  jsonChecksum,
} from '../../../shared/delta/checkpoint/lastCheckpoint.js'
import { parseJson } from '../../../shared/types/index.js'
import { haveConformanceTables } from '../../harness/conformanceTables.js'
import { logFiles } from '../conformanceLogs.js'

const sample =
  '{"k0":"\'v 0\'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}'

describe('the hint to the last checkpoint', () => {
  test("the protocol's sample has the protocol's canonical form and checksum", () => {
    expect(canonicalJson(parseJson(sample))).toBe(
      '"k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4",' +
        '"k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7"',
    )
    expect(jsonChecksum(parseJson(sample))).toBe('6a92d155a59bf2eecbd4b4ec7fd1f875')
  })

  test('only the checksum at the top is left out', () => {
    expect(canonicalJson({ a: { checksum: 'x' }, checksum: 'y' })).toBe('"a"+"checksum"="x"')
  })

  test('what is written is read back, and one changed digit makes it invalid', () => {
    const checkpoint = { version: 120, size: 7, sizeInBytes: 900, numOfAddFiles: 3, tags: { 'a b': 'ü*' } }
    const text = encodeLastCheckpoint(checkpoint)
    expect(decodeLastCheckpoint(text)).toEqual({ kind: 'valid', checkpoint })
    expect(decodeLastCheckpoint(text.replace('"version":120', '"version":130'))).toMatchObject({
      kind: 'invalid',
      why: expect.stringContaining('checksum') as string,
    })
  })

  test.each(['', '{', '[]', '{"size":3}', '{"version":"3"}'])(
    'a torn or foreign hint (%j) is an outcome, not an error',
    text => {
      expect(decodeLastCheckpoint(text).kind).toBe('invalid')
    },
  )

  test('an old hint without a checksum is taken as it is', () => {
    expect(decodeLastCheckpoint('{"version":10,"size":13}')).toMatchObject({
      kind: 'valid',
      checkpoint: { version: 10 },
    })
  })
})

describe.skipIf(!haveConformanceTables)('hints that other engines wrote', () => {
  test('every checksum is what we compute', () => {
    const hints = logFiles(/^_last_checkpoint$/).filter(file => file.text.includes('"checksum"'))
    expect(hints.length).toBeGreaterThan(5)
    for (const { table, text } of hints) expect(decodeLastCheckpoint(text).kind, table).toBe('valid')
  })
})
