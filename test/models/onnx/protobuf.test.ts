import { describe, expect, test } from 'vitest'

import { bytes, float, integer, message, packed, text } from '../../../shared/models/onnx/protobuf.js'

const hex = (value: Uint8Array) => Buffer.from(value).toString('hex')

describe('the wire format', () => {
  test('is what the specification shows', () => {
    // protobuf.dev, "Encoding": field 1 = 150, field 2 = "testing", field 3 = { 1: 150 }, field 6 = [3, 270, 86942].
    expect(hex(integer(1, 150))).toBe('089601')
    expect(hex(text(2, 'testing'))).toBe('120774657374696e67')
    expect(hex(bytes(3, message(integer(1, 150))))).toBe('1a03089601')
    expect(hex(packed(6, [3, 270, 86_942]))).toBe('3206038e029ea705')
  })

  test('numbers beyond 32 bits and high field ids stay whole', () => {
    expect(hex(integer(1, 2 ** 40))).toBe('08808080808020')
    expect(hex(integer(20, 1))).toBe('a00101')
    expect(hex(float(2, 1))).toBe('150000803f')
  })

  test('what is no whole number is refused', () => {
    for (const value of [-1, 0.5, NaN, 2 ** 60]) expect(() => integer(1, value)).toThrow(RangeError)
  })
})
