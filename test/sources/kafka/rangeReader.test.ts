import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { ByteWriter } from '../../../shared/sources/kafka/bytes.js'
import { type Cluster } from '../../../shared/sources/kafka/cluster.js'
import { crc32c } from '../../../shared/sources/kafka/crc32c.js'
import { type BrokerNode } from '../../../shared/sources/kafka/kafkajsInternals.js'
import { readRange } from '../../../shared/sources/kafka/rangeReader.js'
import { encodeRecordBatch } from '../../../shared/sources/kafka/recordEncoder.js'
import { type OffsetRange } from '../../../shared/sources/source.js'

interface Answer {
  readonly error?: number
  readonly throttle?: number
  readonly stable?: bigint
  /** Offsets of batches of two records each. */
  readonly batches?: readonly bigint[]
  /** Their bytes instead. */
  readonly records?: Buffer
  /** What the headers of the batches say otherwise: records fewer, offsets more, control. */
  readonly header?: { readonly recordCount?: number; readonly lastDelta?: number; readonly attributes?: number }
}

/** A leader that gives these answers in turn, as Fetch version 4 has them, and repeats the last. */
function leader(answers: readonly (Answer | Error)[]) {
  const asked: bigint[] = []
  let forgotten = 0
  const node: BrokerNode = {
    host: 'b',
    port: 1,
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    newestVersion: () => 4,
    send: ({ body }) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] as Answer | Error
      asked.push(body.readBigInt64BE(body.length - 12))
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(encode(answer))
    },
  }
  const cluster = {
    leader: () => Promise.resolve(node),
    forget: () => {
      forgotten++
    },
  } as unknown as Cluster
  return { cluster, asked, forgotten: () => forgotten }
}

function encode({ error = 0, throttle = 0, stable = 100n, batches = [], header = {}, records }: Answer): Buffer {
  const encoded = batches.map(offset => {
    const batch = encodeRecordBatch(
      [0, 1].map(n => ({ key: null, value: Buffer.from(String(n)) })),
      0,
    )
    batch.writeBigInt64BE(offset, 0)
    if (header.attributes !== undefined) batch.writeInt16BE(header.attributes, 21)
    if (header.lastDelta !== undefined) batch.writeInt32BE(header.lastDelta, 23)
    if (header.recordCount !== undefined) batch.writeInt32BE(header.recordCount, 57)
    batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
    return batch
  })
  return new ByteWriter()
    .int32(throttle)
    .int32(1)
    .string('t')
    .int32(1)
    .int32(0)
    .int16(error)
    .int64(stable)
    .int64(stable)
    .int32(0)
    .byteArray(records ?? Buffer.concat(encoded))
    .finish()
}

async function holesOf(cluster: Cluster, range: Omit<OffsetRange, 'partition'>): Promise<bigint> {
  let holes = 0n
  const options = { clock: new ManualClock(), retryTimeoutMs: 1_000, fetchBytes: 1_000, verifyChecksum: true }
  for await (const batch of readRange(cluster, 't', { partition: 0, ...range }, options)) holes += batch.holes
  return holes
}

async function read(cluster: Cluster, range: Omit<OffsetRange, 'partition'>, retryTimeoutMs = 10_000) {
  const offsets: bigint[] = []
  const positions: bigint[] = []
  const options = { clock: new ManualClock(), retryTimeoutMs, fetchBytes: 1_000, verifyChecksum: true }
  for await (const batch of readRange(cluster, 't', { partition: 0, ...range }, options)) {
    offsets.push(...batch.records.map(({ offset }) => offset))
    positions.push(batch.position)
  }
  return { offsets, positions }
}

describe('reading a range', () => {
  test('the next fetch begins after the last batch, not after the last record of the range', async () => {
    const { cluster, asked } = leader([{ batches: [10n, 14n] }, { batches: [16n, 30n] }])
    expect(await read(cluster, { start: 11n, end: 31n })).toEqual({
      offsets: [11n, 14n, 15n, 16n, 17n, 30n],
      positions: [16n, 31n],
    })
    expect(asked).toEqual([11n, 16n])
  })

  test('nothing is fetched ahead that would come to more than is wanted', async () => {
    const size = encodeRecordBatch(
      [0, 1].map(n => ({ key: null, value: Buffer.from(String(n)) })),
      0,
    ).length
    const answers = [0n, 2n, 4n, 6n].map(offset => ({ batches: [offset] }))
    const askedBefore = async (wantedBytes: number | undefined) => {
      const { cluster, asked } = leader(answers)
      const options = {
        clock: new ManualClock(),
        retryTimeoutMs: 1_000,
        fetchBytes: 1_000,
        verifyChecksum: true,
        wantedBytes,
      }
      const counts: number[] = []
      const parts = readRange(cluster, 't', { partition: 0, start: 0n, end: 8n }, options)
      while ((await parts.next()).done !== true) counts.push(asked.length)
      return counts
    }
    expect(await askedBefore(undefined)).toEqual([2, 3, 4, 4])
    expect(await askedBefore(2 * size)).toEqual([2, 2, 3, 4])
    expect(await askedBefore(2 * size - 1)).toEqual([1, 2, 3, 4])
  })

  test('what a fetch unfolds to is handed on in stretches, at the borders of its batches', async () => {
    const batches = [0n, 2n, 4n].map(offset => {
      const batch = encodeRecordBatch(
        [0, 1].map(() => ({ key: null, value: Buffer.alloc(8 * 2 ** 20) })),
        0,
        undefined,
        'gzip',
      )
      batch.writeBigInt64BE(offset, 0)
      return batch
    })
    const { cluster } = leader([{ records: Buffer.concat(batches) }])
    expect((await read(cluster, { start: 0n, end: 6n })).positions).toEqual([2n, 4n, 6n])
  })

  test('a batch too large for one piece is handed on in stretches that lose and repeat no record', async () => {
    const records = encodeRecordBatch(
      Array.from({ length: 5 }, () => ({ key: null, value: Buffer.alloc(24 * 2 ** 20) })),
      0,
      undefined,
      'gzip',
    )
    const { offsets, positions } = await read(leader([{ records }]).cluster, { start: 0n, end: 5n })
    expect(offsets).toEqual([0n, 1n, 2n, 3n, 4n])
    expect(positions.length).toBeGreaterThan(1)
    const parts: [bigint, bigint[]][] = []
    const options = { clock: new ManualClock(), retryTimeoutMs: 1_000, fetchBytes: 1_000, verifyChecksum: true }
    for await (const part of readRange(
      leader([{ records }]).cluster,
      't',
      { partition: 0, start: 0n, end: 5n },
      options,
    )) {
      parts.push([part.position, part.records.map(({ offset }) => offset)])
      expect(part.holes).toBe(0n)
    }
    for (const [position, own] of parts) expect(own.at(-1)).toBe(position - 1n)
  })

  test('a batch that lies below the offset asked for takes no reader back', async () => {
    const { cluster, asked } = leader([{ batches: [0n] }, { batches: [5n] }])
    expect(await read(cluster, { start: 5n, end: 7n })).toEqual({ offsets: [5n, 6n], positions: [7n] })
    expect(asked).toEqual([5n, 5n])
  })

  test('a log whose tail was compacted away is covered when two answers hold nothing', async () => {
    const { cluster, asked } = leader([{ batches: [0n] }, {}])
    expect(await read(cluster, { start: 0n, end: 50n })).toEqual({ offsets: [0n, 1n], positions: [2n, 50n] })
    expect(asked).toEqual([0n, 2n, 2n])
  })

  test('an answer held back by a quota is not taken for a hole', async () => {
    const { cluster } = leader([{ throttle: 10 }, { throttle: 10 }, { throttle: 10 }, { batches: [0n] }])
    expect(await read(cluster, { start: 0n, end: 2n })).toEqual({ offsets: [0n, 1n], positions: [2n] })
  })

  test('a moved leader and a lost connection are tried again with fresh metadata', async () => {
    const { cluster, forgotten } = leader([{ error: 6 }, new Error('socket hang up'), { batches: [0n] }])
    expect((await read(cluster, { start: 0n, end: 2n })).offsets).toEqual([0n, 1n])
    expect(forgotten()).toBe(2)
  })

  test('holes are counted by the headers of batches, not as what the records leave', async () => {
    const range = { start: 0n, end: 20n }
    expect(await holesOf(leader([{ batches: [0n, 4n], header: { lastDelta: 3 } }, {}]).cluster, range)).toBe(4n + 12n)
    // Records more than there are offsets for: what is read does not add up, and must not seem to.
    await expect(
      holesOf(leader([{ batches: [18n], header: { recordCount: 2, lastDelta: 0 } }]).cluster, { start: 18n, end: 19n }),
    ).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' })
    expect(
      await holesOf(leader([{ batches: [0n], header: { attributes: 0x20 } }]).cluster, { start: 0n, end: 2n }),
    ).toBe(2n)
    expect(await holesOf(leader([{ batches: [3n] }]).cluster, { start: 0n, end: 5n })).toBe(3n)
    expect(await holesOf(leader([{ batches: [3n] }]).cluster, { start: 4n, end: 5n })).toBe(0n)
  })

  test('patience ends with the last error', async () => {
    const { cluster } = leader([{ error: 6 }])
    await expect(read(cluster, { start: 0n, end: 2n }, 1_000)).rejects.toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      retryable: true,
    })
  })

  test('an end beyond the last stable offset is refused, not waited for', async () => {
    const { cluster } = leader([{ stable: 5n, batches: [0n] }])
    await expect(read(cluster, { start: 0n, end: 6n })).rejects.toMatchObject({
      code: 'SOURCE_OUT_OF_RANGE',
      data: { logEnd: 5n },
    })
  })

  test('a leader elected in mid-read may not know its end yet', async () => {
    const { cluster } = leader([{ batches: [0n] }, { stable: 2n }, { stable: 2n }, { batches: [2n] }])
    expect((await read(cluster, { start: 0n, end: 4n })).offsets).toEqual([0n, 1n, 2n, 3n])
  })
})

test('a message format before Kafka 0.11 is named with its partition', async () => {
  const records = encodeRecordBatch([{ key: null, value: Buffer.from('x') }], 0)
  records[16] = 1
  await expect(read(leader([{ records }]).cluster, { start: 0n, end: 1n })).rejects.toMatchObject({
    code: 'SOURCE_FORMAT_OLD',
    message: expect.stringContaining('t/0') as string,
  })
})

describe('damage', () => {
  const batch = (offset: bigint, spoil: (bytes: Buffer) => void = () => undefined): Buffer => {
    const bytes = encodeRecordBatch(
      [0, 1].map(n => ({ key: null, value: Buffer.from(String(n)) })),
      0,
    )
    bytes.writeBigInt64BE(offset, 0)
    spoil(bytes)
    return bytes
  }

  async function readUntilFault(cluster: Cluster, end: bigint) {
    const offsets: bigint[] = []
    let position = 0n
    const options = { clock: new ManualClock(), retryTimeoutMs: 10_000, fetchBytes: 1_000, verifyChecksum: true }
    try {
      for await (const part of readRange(cluster, 't', { partition: 0, start: 0n, end }, options)) {
        offsets.push(...part.records.map(({ offset }) => offset))
        position = part.position
      }
    } catch (error) {
      return { offsets, position, error }
    }
    return { offsets, position, error: undefined }
  }

  test.each([
    [
      'in a byte of its records',
      (bytes: Buffer) => {
        bytes[bytes.length - 1] = 0x7f
      },
    ],
    [
      'in its second record, with a checksum that is right',
      (bytes: Buffer) => {
        bytes[bytes.length - 5] = 0x7e
        bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17)
      },
    ],
    [
      'in its format',
      (bytes: Buffer) => {
        bytes[16] = 9
      },
    ],
    [
      "in a length below the header's",
      (bytes: Buffer) => {
        bytes.writeInt32BE(3, 8)
      },
    ],
    [
      'in a negative length',
      (bytes: Buffer) => {
        bytes.writeInt32BE(-40, 8)
      },
    ],
    [
      'in a length beyond every fetch',
      (bytes: Buffer) => {
        bytes.writeInt32BE(0x70000000, 8)
      },
    ],
  ])(
    '%s of a batch: what lies before it is handed on, and then the partition is named; nothing behind it is taken for a hole',
    async (_what, spoil) => {
      const bad = batch(2n, spoil)
      const { cluster } = leader([
        { records: Buffer.concat([batch(0n), bad, batch(4n)]) },
        { records: Buffer.concat([bad, batch(4n)]) },
      ])
      const { offsets, position, error } = await readUntilFault(cluster, 6n)
      expect({ offsets, position }).toEqual({ offsets: [0n, 1n], position: 2n })
      expect(error).toMatchObject({
        code: 'SOURCE_CORRUPT',
        retryable: false,
        message: expect.stringContaining('t/0') as string,
      })
      const alone = await readUntilFault(leader([{ records: bad }]).cluster, 6n)
      expect(alone).toMatchObject({ offsets: [], position: 0n, error: { code: 'SOURCE_CORRUPT' } })
    },
  )
})
