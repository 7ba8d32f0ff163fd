import { parquetHeader } from 'hyparquet/src/column.js'
import { describe, expect, test } from 'vitest'

import { bufferSource } from '../../shared/parquet/base/bufferSource.js'
import { ParquetError } from '../../shared/parquet/base/parquetError.js'
import { writtenCodecs } from '../../shared/parquet/page/codec.js'
import { openParquet } from '../../shared/parquet/read/reader.js'
import { encodeParquet } from '../../shared/parquet/write/writer.js'
import type { Column, StructField } from '../../shared/types/index.js'
import { Random, seedNote, testSeed } from '../random.js'
import { flatTypes, randomColumn, randomType } from './randomColumns.js'

async function outcome(bytes: Uint8Array): Promise<unknown> {
  try {
    await (await openParquet(bufferSource(bytes, 'part-0.parquet'))).readColumns()
    return undefined
  } catch (error) {
    return error
  }
}

function sample(seed: number): Column[] {
  const random = new Random(seed)
  const field = (i: number, type: StructField['type']): StructField => ({ name: `c${i}`, type, nullable: true })
  const nested = Array.from({ length: 4 }, () => randomType(random, 3))
  return [...flatTypes, ...nested].map((type, i) => randomColumn(random, field(i, type), 60))
}

describe('damaged files', () => {
  test('any flipped bytes give values or a ParquetError that names the file, and nothing else', async () => {
    for (let round = 0; round < 1200; round++) {
      const random = new Random(testSeed + round)
      const bytes = encodeParquet(sample(round % 5), { codec: random.pick(writtenCodecs), pageBytes: 300 })
      // Mostly the footer and page headers' share, where a flip does more than change a value.
      const start = random.below(2) === 0 ? Math.floor(bytes.length / 2) : 0
      for (let flips = 1 + random.below(4); flips > 0; flips--) {
        bytes[start + random.below(bytes.length - start)] = random.below(256)
      }
      const error = await outcome(bytes)
      if (error === undefined) continue
      expect(error, `${seedNote}, round ${round}: ${(error as Error).stack ?? ''}`).toBeInstanceOf(ParquetError)
      expect((error as ParquetError).message, `${seedNote}, round ${round}`).toContain('part-0.parquet')
    }
  })

  test('a file that is cut off anywhere is reported', async () => {
    const bytes = encodeParquet(sample(1))
    for (let length = 0; length < bytes.length; length += 1 + Math.floor(length / 20)) {
      expect(await outcome(bytes.subarray(0, length)), `${length} bytes`).toMatchObject({ code: 'PARQUET_CORRUPT' })
    }
  })

  test.each(writtenCodecs)(
    'one flipped bit in any page is recognised by its checksum, where the value would be another one unnoticed (%s)',
    async codec => {
      const random = new Random()
      const bytes = encodeParquet(sample(3), { codec, pageBytes: 300 })
      const footer = bytes.length - 8 - new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true)
      const bodies: number[] = []
      for (let at = 4; at < footer;) {
        const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: at }
        const { compressed_page_size: size } = parquetHeader(reader)
        for (let i = 0; i < size; i++) bodies.push(reader.offset + i)
        at = reader.offset + size
      }
      for (let round = 0; round < 300; round++) {
        const place = random.pick(bodies)
        const damaged = Uint8Array.from(bytes)
        damaged[place] = (damaged[place] ?? 0) ^ (1 << random.below(8))
        expect(await outcome(damaged), `${seedNote}, byte ${place}`).toMatchObject({ code: 'PARQUET_CORRUPT' })
      }
    },
  )

  test('text that is no Parquet file is reported', async () => {
    expect(await outcome(Buffer.from('{"commitInfo":{"timestamp":1}}'))).toMatchObject({
      code: 'PARQUET_CORRUPT',
      data: { file: 'part-0.parquet' },
      retryable: false,
    })
  })

  test('an error of the source is not taken for damage of the file', async () => {
    const bytes = encodeParquet(sample(2))
    const lost = new ParquetError('PARQUET_MISSING', 'gone', { data: { file: 'x' } })
    const file = await openParquet(bufferSource(bytes))
    expect(file.rowCount).toBe(60)
    const broken = openParquet({ byteLength: bytes.length, slice: () => Promise.reject(lost) })
    await expect(broken).rejects.toBe(lost)
  })
})
