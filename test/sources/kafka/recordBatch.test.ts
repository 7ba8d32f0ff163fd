import { describe, expect, test } from 'vitest'

import { committedBatches } from '../../../shared/sources/kafka/abortedTransactions.js'
import { crc32c } from '../../../shared/sources/kafka/crc32c.js'
import { batchHeaders, checksummedFrom } from '../../../shared/sources/kafka/recordBatch.js'
import { decodeRecords } from '../../../shared/sources/kafka/recordDecoder.js'
import { encodeRecordBatch } from '../../../shared/sources/kafka/recordEncoder.js'
import { type ProducedRecord, type SourceRecord } from '../../../shared/sources/source.js'
import { Random, seedNote } from '../../random.js'

const window = { topic: 't', partition: 3, start: 0n, end: 1n << 60n, verifyChecksum: true }

interface Shape {
  readonly baseOffset: bigint
  readonly producerId?: bigint
  readonly attributes?: number
}

/** The batch as a broker stores it: with its offset, and as a part of a transaction. */
function stored(records: readonly ProducedRecord[], { baseOffset, producerId = -1n, attributes = 0 }: Shape): Buffer {
  const bytes = encodeRecordBatch(records, 1_000, { producerId, epoch: 0, sequence: 0 })
  bytes.writeBigInt64BE(baseOffset, 0)
  bytes.writeInt16BE(attributes, 21)
  bytes.writeUInt32BE(crc32c(bytes, checksummedFrom), checksummedFrom - 4)
  return bytes
}

const value = (text: string): ProducedRecord => ({ key: null, value: Buffer.from(text) })
const transactional = 0x10
const marker = (baseOffset: bigint, producerId: bigint, type: 'commit' | 'abort'): Buffer =>
  stored([{ key: Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0]), value: Buffer.alloc(6) }], {
    baseOffset,
    producerId,
    attributes: 0x30,
  })

function decode(bytes: Buffer, limits: Partial<typeof window> = {}): SourceRecord[] {
  const records: SourceRecord[] = []
  for (const header of batchHeaders(bytes)) decodeRecords(bytes, header, { ...window, ...limits }, records)
  return records
}

const texts = (records: readonly SourceRecord[]) =>
  records.map(record => (record.value === null ? null : Buffer.from(record.value).toString()))

describe('record batches', () => {
  test('offsets beyond 2^53 and timestamps before and after the first are exact', () => {
    const baseOffset = (1n << 60n) - 500n
    const bytes = stored(
      [
        { ...value('a'), timestamp: 5_000 },
        { ...value('b'), timestamp: 0 },
        { ...value('c'), timestamp: 4e12 },
      ],
      { baseOffset },
    )
    expect(decode(bytes).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [baseOffset, 5_000],
      [baseOffset + 1n, 0],
      [baseOffset + 2n, 4e12],
    ])
  })

  test('log append time is the same for the whole batch', () => {
    const bytes = stored(
      [
        { ...value('a'), timestamp: 5_000 },
        { ...value('b'), timestamp: 7_000 },
      ],
      { baseOffset: 0n, attributes: 0x08 },
    )
    expect(decode(bytes).map(({ timestamp }) => timestamp)).toEqual([7_000, 7_000])
  })

  test('a batch that was cut off at the end of a fetch is left for the next one', () => {
    const whole = stored([value('a')], { baseOffset: 0n })
    const cut = stored([value('b')], { baseOffset: 1n })
    for (let length = 0; length < cut.length; length++) {
      expect(texts(decode(Buffer.concat([whole, cut.subarray(0, length)])))).toEqual(['a'])
    }
  })

  test('a window inside a batch takes its records only', () => {
    const bytes = stored(['a', 'b', 'c', 'd'].map(value), { baseOffset: 10n })
    expect(texts(decode(bytes, { start: 11n, end: 13n }))).toEqual(['b', 'c'])
  })

  test('every damaged byte is noticed', () => {
    const bytes = stored([value('some text'), value('more')], { baseOffset: 0n })
    for (let at = checksummedFrom; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 0x01
      expect(() => decode(damaged), `byte ${at}`).toThrow(expect.objectContaining({ code: 'SOURCE_CORRUPT' }))
    }
  })

  test('damage inside the records is an error without the checksum, too', () => {
    const bytes = stored([value('some text')], { baseOffset: 0n })
    bytes[61] = 0x7e // the record's length
    expect(() => decode(bytes, { verifyChecksum: false })).toThrow(expect.objectContaining({ code: 'SOURCE_CORRUPT' }))
  })

  test('an offset that the batch does not have is damage of the batch', () => {
    const bytes = stored([value('a'), value('b')], { baseOffset: 0n })
    bytes.writeInt32BE(0, 23) // the last offset's delta
    bytes.writeUInt32BE(crc32c(bytes, checksummedFrom), checksummedFrom - 4)
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: 'SOURCE_CORRUPT' }))
  })

  describe('a record whose own bytes do not hold together', () => {
    const middle: ProducedRecord = {
      key: Buffer.from('key'),
      value: Buffer.from('value'),
      headers: [['h', Buffer.from('1')]],
    }
    /** Its bytes begin behind the batch's header, the first record and its own length. */
    const at = 61 + 8 + 1
    const spoiled: readonly (readonly [string, number, number])[] = [
      ['a key longer than it', 3, 0x7e],
      ['a value longer than it', 7, 0x7e],
      ['more headers than there are bytes', 13, 0x7e],
      ['a negative number of headers', 13, 0x01],
      ['fewer headers than there are bytes', 13, 0x00],
      ["a header's name longer than it", 14, 0x7e],
      ["a header's name of negative length", 14, 0x01],
      ["a header's value longer than it", 16, 0x7e],
    ]

    test.each(spoiled)(
      '%s: all of its bytes, reported as damaged, and its neighbours as they are',
      (_what, place, byte) => {
        const bytes = stored([value('a'), middle, value('c')], { baseOffset: 10n })
        const size = (bytes[at - 1] as number) / 2
        bytes[at + place] = byte
        bytes.writeUInt32BE(crc32c(bytes, checksummedFrom), checksummedFrom - 4)
        const records = decode(bytes)
        expect(records.map(({ offset, defect }) => [offset, defect])).toEqual([
          [10n, undefined],
          [11n, { kind: 'damaged', size }],
          [12n, undefined],
        ])
        expect(records[1]).toMatchObject({ key: null, headers: [], timestamp: 1_000 })
        expect(Buffer.from(records[1]?.value ?? []).equals(bytes.subarray(at, at + size))).toBe(true)
        expect(texts(records)[0]).toBe('a')
        expect(texts(records)[2]).toBe('c')
      },
    )
  })

  test('whatever one byte of the records is changed to, each record is read, is damaged, or the batch is', () => {
    const random = new Random()
    const whole = stored(
      Array.from({ length: 5 }, (_, n) => ({
        key: Buffer.from(`k${n}`),
        value: Buffer.from('v'.repeat(n * 40)),
        headers: [
          ['h', Buffer.from(String(n))],
          ['i', null],
        ],
      })),
      { baseOffset: 0n },
    )
    for (let round = 0; round < 3_000; round++) {
      const bytes = Buffer.from(whole)
      bytes[61 + random.below(bytes.length - 61)] = random.below(256)
      const outcome = (() => {
        try {
          return decode(bytes, { verifyChecksum: false }).length
        } catch (error) {
          return error
        }
      })()
      if (outcome !== 5) expect(outcome, seedNote).toMatchObject({ code: 'SOURCE_CORRUPT' })
    }
  })

  test('message formats before Kafka 0.11 are named, not misread', () => {
    const bytes = stored([value('a')], { baseOffset: 0n })
    bytes[16] = 1
    expect(() => batchHeaders(bytes)).toThrow(expect.objectContaining({ code: 'SOURCE_FORMAT_OLD' }))
  })
})

describe('read_committed', () => {
  const visible = (batches: Buffer[], aborted: { producerId: bigint; firstOffset: bigint }[]): (string | null)[] => {
    const bytes = Buffer.concat(batches)
    const records: SourceRecord[] = []
    for (const header of committedBatches(bytes, batchHeaders(bytes), aborted))
      decodeRecords(bytes, header, window, records)
    return texts(records)
  }

  test("an abort lasts to its marker; the producer's next transaction counts", () => {
    const batches = [
      stored([value('gone')], { baseOffset: 0n, producerId: 7n, attributes: transactional }),
      marker(1n, 7n, 'abort'),
      stored([value('kept')], { baseOffset: 2n, producerId: 7n, attributes: transactional }),
      marker(3n, 7n, 'commit'),
    ]
    expect(visible(batches, [{ producerId: 7n, firstOffset: 0n }])).toEqual(['kept'])
  })

  test('two aborts that begin at one batch, or are reported in any order, are both heeded', () => {
    const batches = [
      stored([value('x')], { baseOffset: 10n, producerId: 1n, attributes: transactional }),
      stored([value('y')], { baseOffset: 11n, producerId: 2n, attributes: transactional }),
      marker(12n, 2n, 'abort'),
      marker(13n, 1n, 'abort'),
      stored([value('z')], { baseOffset: 14n }),
    ]
    const aborted = [
      { producerId: 2n, firstOffset: 5n },
      { producerId: 1n, firstOffset: 4n },
    ]
    expect(visible(batches, aborted)).toEqual(['z'])
    expect(visible(batches, aborted.toReversed())).toEqual(['z'])
  })

  test('what the producer wrote outside of transactions is not aborted with them', () => {
    expect(
      visible(
        [stored([value('idempotent only')], { baseOffset: 0n, producerId: 7n })],
        [{ producerId: 7n, firstOffset: 0n }],
      ),
    ).toEqual(['idempotent only'])
  })
})
