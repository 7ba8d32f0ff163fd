import { expect, test } from 'vitest'

import { decodeZ85, encodeZ85 } from '../../../shared/delta/deletionVectors/z85.js'
import { Random, seedNote } from '../../random.js'

test('the RFC’s example', () => {
  const bytes = Buffer.from('864FD26FB559F75B', 'hex')
  expect(encodeZ85(bytes)).toBe('HelloWorld')
  expect(Buffer.from(decodeZ85('HelloWorld') ?? [])).toEqual(bytes)
})

test('whatever bytes go in come out, with zeros behind them', () => {
  const random = new Random()
  for (let round = 0; round < 200; round++) {
    const bytes = Buffer.from(
      Array.from({ length: random.below(40) }, () => (random.below(4) === 0 ? 0xff : random.below(256))),
    )
    const back = Buffer.from(decodeZ85(encodeZ85(bytes)) ?? [])
    expect(back.subarray(0, bytes.length), seedNote).toEqual(bytes)
    expect(back.length % 4).toBe(0)
    expect([...back.subarray(bytes.length)].every(byte => byte === 0)).toBe(true)
  }
})

test.each(['Hell', 'Hello~orld', 'Helloä0000', '#####', 'Hello "rld'])('%s is no Z85', text => {
  expect(decodeZ85(text)).toBeUndefined()
})
