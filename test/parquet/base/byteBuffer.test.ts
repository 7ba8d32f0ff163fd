import { expect, test } from 'vitest'

import { ByteBuffer } from '../../../shared/parquet/base/byteBuffer.js'

test('room for one long value is given up when the buffer is cleared, other room is kept', () => {
  const buffer = new ByteBuffer(16)
  buffer.append(new Uint8Array(100))
  const { data } = buffer
  buffer.clear(200)
  expect(buffer.data).toBe(data)
  buffer.append(new Uint8Array(1_000))
  buffer.clear(200)
  expect([buffer.length, buffer.data.length]).toEqual([0, 200])
  buffer.append(Uint8Array.of(7))
  expect([...buffer.bytes()]).toEqual([7])
})
