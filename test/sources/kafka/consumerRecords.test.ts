import { createRequire } from 'node:module'

import { describe, expect, test } from 'vitest'

import { consumerMessages, decodeConsumerRecords } from '../../../shared/sources/kafka/consumerRecords.js'
import { crc32c } from '../../../shared/sources/kafka/crc32c.js'
import { checksummedFrom } from '../../../shared/sources/kafka/recordBatch.js'
import { encodeRecordBatch } from '../../../shared/sources/kafka/recordEncoder.js'
import type { ProducedRecord } from '../../../shared/sources/source.js'

function stored(baseOffset: bigint, records: readonly ProducedRecord[], attributes?: number): Buffer {
  const bytes = encodeRecordBatch(records, 1_000, { producerId: 7n, epoch: 0, sequence: 0 })
  bytes.writeBigInt64BE(baseOffset, 0)
  if (attributes !== undefined) bytes.writeInt16BE(attributes, 21)
  bytes.writeUInt32BE(crc32c(bytes, checksummedFrom), checksummedFrom - 4)
  return bytes
}

const text = (value: string): ProducedRecord => ({ key: Buffer.from('k'), value: Buffer.from(value) })

describe("records of kafkajs's consumers", () => {
  test('have what kafkajs looks at itself, and all of their headers in order', async () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['__proto__', null],
      ['a', Buffer.from('2')],
    ] as const
    const messages = await consumerMessages(
      Buffer.concat([stored(5n, [text('x'), { ...text('y'), headers }], 0x10), stored(7n, [text('m')], 0x30)]),
    )
    expect(messages.map(m => [m.offset, m.isControlRecord, m.batchContext])).toEqual([
      ['5', false, { producerId: '7', inTransaction: true }],
      ['6', false, { producerId: '7', inTransaction: true }],
      ['7', true, { producerId: '7', inTransaction: true }],
    ])
    expect(messages[1]?.record.headers.map(([name, value]) => [name, value && Buffer.from(value).toString()])).toEqual([
      ['a', '1'],
      ['__proto__', null],
      ['a', '2'],
    ])
  })

  test('a million headers are read in a time that grows with their number, not with its square', async () => {
    const count = 1_000_000
    const headers = Array.from({ length: count }, (_, n) => [`h${n % 10}`, null] as const)
    const [message] = await consumerMessages(stored(0n, [{ ...text('x'), headers }]))
    expect(message?.record.headers).toHaveLength(count)
  })

  test('damage is the last message, behind what is whole, and is never before the offset that was asked for', async () => {
    const bad = stored(7n, [text('z')])
    bad[bad.length - 1] = (bad[bad.length - 1] as number) ^ 1
    const messages = await consumerMessages(
      Buffer.concat([stored(5n, [text('x'), text('y')]), bad, stored(8n, [text('behind')])]),
    )
    expect(messages.map(m => [m.record.offset, m.damage?.code])).toEqual([
      [5n, undefined],
      [6n, undefined],
      [7n, 'SOURCE_CORRUPT'],
    ])
    expect(BigInt(messages[2]?.offset ?? 0)).toBeGreaterThan(1n << 60n)
  })

  test('bytes that are no batch are damage behind what is whole, not the end of what was fetched', async () => {
    const bad = stored(7n, [text('z')])
    bad[16] = 9
    const messages = await consumerMessages(Buffer.concat([stored(5n, [text('x'), text('y')]), bad]))
    expect(messages.map(m => [m.record.offset, m.damage?.code])).toEqual([
      [5n, undefined],
      [6n, undefined],
      [7n, 'SOURCE_CORRUPT'],
    ])
  })

  test('are what the decoder of its responses gives', async () => {
    decodeConsumerRecords()
    const load = createRequire(import.meta.url)
    const { decode } = load('kafkajs/src/protocol/requests/fetch/v11/response') as {
      decode: (raw: Buffer) => Promise<{ responses: { partitions: { messages: unknown[] }[] }[] }>
    }
    const batches = stored(3n, [text('x')])
    const head = Buffer.from('00000000' + '0000' + '00000000' + '00000001' + '000174' + '00000001', 'hex')
    const partition = Buffer.alloc(4 + 2 + 8 * 3 + 4 + 4)
    const size = Buffer.alloc(4)
    size.writeInt32BE(batches.length)
    const { responses } = await decode(Buffer.concat([head, partition, size, batches]))
    expect(responses[0]?.partitions[0]?.messages).toMatchObject([
      { offset: '3', record: { offset: 3n }, damage: undefined },
    ])
  })
})
