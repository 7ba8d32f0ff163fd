import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { type Compression, compressions } from '../../../shared/sources/kafka/codecs.js'
import { batchHeaders } from '../../../shared/sources/kafka/recordBatch.js'
import { decodeRecords, wholeBatchBytes } from '../../../shared/sources/kafka/recordDecoder.js'
import { anonymous, encodeRecordBatch } from '../../../shared/sources/kafka/recordEncoder.js'
import { streamRecords } from '../../../shared/sources/kafka/recordStream.js'
import { maxPartBytes, type ProducedRecord, type SourceRecord } from '../../../shared/sources/source.js'
import { Random, seedNote } from '../../random.js'

const window = { topic: 't', partition: 3, start: 0n, end: 1n << 60n, verifyChecksum: true }

async function stream(bytes: Buffer, limits: Partial<typeof window> = {}): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  for (const header of batchHeaders(bytes))
    for await (const record of streamRecords(bytes, header, { ...window, ...limits })) records.push(record)
  return records
}

function inOnePiece(bytes: Buffer, limits: Partial<typeof window> = {}): SourceRecord[] {
  const records: SourceRecord[] = []
  for (const header of batchHeaders(bytes))
    expect(decodeRecords(bytes, header, { ...window, ...limits }, records)).toBe(true)
  return records
}

const plain = (records: readonly SourceRecord[]) =>
  records.map(r => ({
    ...r,
    key: r.key && Buffer.from(r.key).toString('hex'),
    value: r.value && Buffer.from(r.value).toString('hex'),
    headers: r.headers.map(([k, v]) => [k, v && Buffer.from(v).toString('hex')]),
  }))

describe.each(compressions)('a stream of records (%s)', (codec: Compression) => {
  test('is what decoding in one piece gives, in every window', async () => {
    const random = new Random()
    for (let round = 0; round < 15; round++) {
      const some = (most: number) =>
        random.below(5) === 0 ? null : Buffer.from(Array.from({ length: random.below(most) }, () => random.below(7)))
      const records: ProducedRecord[] = Array.from({ length: 1 + random.below(30) }, () => ({
        key: some(20),
        value: some(random.pick([10, 3_000])),
        timestamp: random.below(1e6),
        headers: Array.from({ length: random.below(4) }, () => [random.text(5), some(9)] as const),
      }))
      const bytes = encodeRecordBatch(records, 0, anonymous, codec)
      const start = BigInt(random.below(records.length + 1))
      const limits = random.below(2) === 0 ? {} : { start, end: start + BigInt(random.below(9)) }
      expect(plain(await stream(bytes, limits)), seedNote).toEqual(plain(inOnePiece(bytes, limits)))
    }
  })
})

describe('a batch that comes to more than memory should hold', () => {
  const zeros = (size: number): ProducedRecord => ({
    key: Buffer.from('k'),
    value: Buffer.alloc(size),
    headers: [['h', Buffer.from('1')]],
  })

  test.each(['gzip', 'zstd', 'lz4'] as const)(
    'is distinguished from one that does not, and read record by record (%s)',
    async codec => {
      const bytes = encodeRecordBatch([zeros(1), zeros(wholeBatchBytes + 1), zeros(2)], 0, anonymous, codec)
      const [header] = batchHeaders(bytes)
      if (header === undefined) throw new Error('no batch')
      const records: SourceRecord[] = []
      expect(decodeRecords(bytes, header, window, records)).toBe(false)
      expect(records).toEqual([])
      expect((await stream(bytes)).map(r => [r.offset, r.value?.length, r.headers.length, r.defect])).toEqual([
        [0n, 1, 1, undefined],
        [1n, wholeBatchBytes + 1, 1, undefined],
        [2n, 2, 1, undefined],
      ])
      expect((await stream(bytes, { start: 2n })).map(r => r.offset)).toEqual([2n])
    },
  )

  test('a part beyond what a source holds is its length and digest, and its neighbours are whole', async () => {
    const size = maxPartBytes + 12_345
    const bytes = encodeRecordBatch(
      [zeros(1), zeros(size), { key: Buffer.from('next'), value: null }],
      0,
      anonymous,
      'zstd',
    )
    expect(bytes.length).toBeLessThan(2 ** 20)
    const [before, large, after] = await stream(bytes)
    const sha256 = createHash('sha256').update(Buffer.alloc(size)).digest('hex')
    expect(large).toMatchObject({
      offset: 1n,
      value: null,
      defect: { kind: 'oversized', parts: [{ part: 'value', size, sha256 }] },
    })
    expect([before?.defect, after?.defect, Buffer.from(after?.key ?? []).toString()]).toEqual([
      undefined,
      undefined,
      'next',
    ])
    expect(large?.headers.map(([name]) => name)).toEqual(['h'])
  })

  test('one that ends early is damage of the batch', async () => {
    const bytes = encodeRecordBatch([zeros(10)], 0)
    const [header] = batchHeaders(bytes)
    if (header === undefined) throw new Error('no batch')
    const short = async () => {
      for await (const record of streamRecords(bytes, { ...header, recordCount: 2 }, window))
        expect(record.offset).toBe(0n)
    }
    await expect(short()).rejects.toMatchObject({ code: 'SOURCE_CORRUPT', data: { partition: 3 } })
  })
})
