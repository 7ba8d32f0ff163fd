import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, test } from 'vitest'

import { decodeCompact, encodeCompact } from '../../../shared/parquet/extract/compactStruct.js'
import { openExtractable } from '../../../shared/parquet/extract/index.js'
import { bufferSource, encodeParquet, openParquet } from '../../../shared/parquet/index.js'
import type { Column, StructField } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { randomColumn, randomType } from '../randomColumns.js'

async function extractOf(bytes: Uint8Array, wanted: readonly string[], places: readonly number[]) {
  const opened = await openExtractable(bufferSource(bytes))
  const groups = opened.file.rowGroups.filter((_, place) => places.includes(place))
  const plan = opened.plan(name => wanted.includes(name), groups)
  const pieces: Uint8Array[] = []
  for await (const piece of plan.pieces()) pieces.push(piece.slice())
  return { extract: new Uint8Array(Buffer.concat(pieces)), plan, groups, file: opened.file }
}

function randomFile(random: Random): { readonly bytes: Uint8Array; readonly columns: readonly Column[] } {
  const rows = 1 + random.below(300)
  const columns = Array.from({ length: 1 + random.below(6) }, (_, i) => {
    const field: StructField = { name: `c${i}`, type: randomType(random, 2), nullable: random.below(3) > 0 }
    return randomColumn(random, field, rows)
  })
  const codec = random.pick(['zstd', 'snappy', 'uncompressed'] as const)
  return { bytes: encodeParquet(columns, { codec, rowGroupRows: 1 + random.below(rows) }), columns }
}

describe('some columns and row groups of a file as a file of their own', () => {
  test('random files: the values are the same, for a reader that shares no code too', async () => {
    const random = new Random()
    for (let round = 0; round < 60; round++) {
      const { bytes, columns } = randomFile(random)
      const names = columns.map(({ field }) => field.name).filter(() => random.below(2) === 0)
      const count = (await openParquet(bufferSource(bytes))).rowGroups.length
      const places = Array.from({ length: count }, (_, place) => place).filter(() => random.below(2) === 0)
      if (names.length === 0 || places.length === 0) continue
      const { extract, plan, groups, file } = await extractOf(bytes, names, places)
      expect(extract.length, seedNote).toBe(plan.size)
      expect(plan.columns).toEqual(names)
      const own = await openParquet(bufferSource(extract))
      expect(own.rowCount).toBe(plan.rows)
      const fields = columns.map(({ field }) => field).filter(({ name }) => names.includes(name))
      const found = (await own.readColumns({ fields })).map(({ data }) => Array.from<unknown>(data))
      const parts = await Promise.all(
        groups.map(({ rowStart, rows }) => file.readColumns({ fields, rowStart, rowEnd: rowStart + rows })),
      )
      expect(found, seedNote).toEqual(
        fields.map((_, i) => parts.flatMap(part => Array.from<unknown>(part[i]?.data ?? []))),
      )
      const read = async (of: Uint8Array) =>
        parquetReadObjects({ file: new Uint8Array(of).buffer, columns: [...names], compressors })
      const rows = await read(bytes)
      const expected = groups.flatMap(({ rowStart, rows: n }) => rows.slice(rowStart, rowStart + n))
      expect(await read(extract), seedNote).toEqual(expected)
    }
  })

  test('without a wanted column the smallest stands for the rows', async () => {
    const columns = [
      {
        field: { name: 'wide', type: 'string', nullable: true } as const,
        data: Array.from({ length: 9 }, (_, i) => 'x'.repeat(i * 99)),
      },
      { field: { name: 'flag', type: 'boolean', nullable: true } as const, data: new Array<boolean>(9).fill(true) },
    ]
    const { extract, plan } = await extractOf(encodeParquet(columns, { rowGroupRows: 4 }), ['absent'], [0, 2])
    expect(plan.columns).toEqual(['flag'])
    expect((await openParquet(bufferSource(extract))).rowCount).toBe(5)
  })

  test("an extract's footer names nothing outside of it, and no bounds by which rows could be passed over", async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'a', data: Array.from({ length: 500 }, (_, i) => i), columnIndex: true, offsetIndex: true },
          { name: 'b', data: Array.from({ length: 500 }, (_, i) => `text ${i % 7}`), bloomFilter: true },
        ],
        rowGroupSize: [200],
        statistics: true,
      }),
    )
    const { extract } = await extractOf(bytes, ['b'], [1])
    const footer = decodeCompact(
      extract.subarray(0, -8).subarray(-new DataView(extract.buffer).getUint32(extract.length - 8, true)),
    )
    const [chunk] = footer.structs(4)[0]?.structs(1) ?? []
    expect([...(chunk?.fields.keys() ?? [])].every(id => id === 2 || id === 3)).toBe(true)
    const metadata = chunk?.struct(3)
    for (const id of [10, 12, 14, 15, 16, 17]) expect(metadata?.fields.has(id)).toBe(false)
    expect(await parquetReadObjects({ file: extract.buffer, compressors })).toEqual(
      Array.from({ length: 200 }, (_, i) => ({ b: `text ${(i + 200) % 7}` })),
    )
  })

  test('a footer larger than the first read is fetched by a second', async () => {
    const columns = Array.from({ length: 2000 }, (_, i) => ({
      field: { name: `a column with a long name ${i}`, type: 'integer', nullable: true } as const,
      data: Int32Array.of(i, -i),
    }))
    const bytes = encodeParquet(columns)
    const reads: number[] = []
    const source = {
      byteLength: bytes.length,
      slice(start: number, end = bytes.length) {
        reads.push(end - start)
        return bufferSource(bytes).slice(start, end)
      },
    }
    const opened = await openExtractable(source)
    const { file, openedBytes } = opened
    expect(openedBytes).toBeGreaterThan(2 * 65_536)
    expect(reads).toHaveLength(2)
    const pieces: Uint8Array[] = []
    for await (const piece of opened.plan(name => name.endsWith(' 1234'), file.rowGroups).pieces()) pieces.push(piece)
    const [found] = await (await openParquet(bufferSource(new Uint8Array(Buffer.concat(pieces))))).readColumns()
    expect(found?.data).toEqual(Int32Array.of(1234, -1234))
  })

  test('what is cut off, encrypted or no Parquet file is an error, whatever bytes it has', async () => {
    const random = new Random()
    const { bytes } = randomFile(random)
    for (const end of ['PARE', 'PARX']) {
      const other = Uint8Array.from(bytes)
      other.set(Buffer.from(end), other.length - 4)
      await expect(openExtractable(bufferSource(other))).rejects.toMatchObject({ code: 'PARQUET_CORRUPT' })
    }
    for (let cut = 1; cut < bytes.length; cut += 1 + random.below(50))
      await expect(openExtractable(bufferSource(bytes.subarray(0, -cut)))).rejects.toMatchObject({
        code: 'PARQUET_CORRUPT',
      })
    for (let i = 0; i < 300; i++) {
      const damaged = Uint8Array.from(bytes)
      for (let n = 0; n < 3; n++)
        damaged[bytes.length - 9 - random.below(Math.min(200, bytes.length - 9))] = random.below(256)
      const outcome = await openExtractable(bufferSource(damaged))
        .then(opened => {
          opened.plan(() => true, opened.file.rowGroups)
          return 'read'
        })
        .catch((error: unknown) => (error as { code?: string }).code)
      expect(['read', 'PARQUET_CORRUPT', 'PARQUET_UNSUPPORTED'], seedNote).toContain(outcome)
    }
  })

  test('what is not understood of a footer is passed on byte for byte', () => {
    // A struct with a boolean, a byte, a double, a list of booleans and a field far away.
    const bytes = Uint8Array.of(
      0x11,
      0x13,
      0xff,
      0x17,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      0x19,
      0x21,
      1,
      2,
      0x05,
      0xd0,
      0x0f,
      0x01,
      0,
    )
    expect([...encodeCompact(decodeCompact(bytes))]).toEqual([...bytes])
  })
})
