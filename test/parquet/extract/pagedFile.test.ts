import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { expect, test } from 'vitest'

import { pagedFile } from '../../../shared/parquet/extract/index.js'
import { bufferSource, encodeParquet, openOutlined, openParquet } from '../../../shared/parquet/index.js'
import type { Column, StructField } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { randomColumn, randomType } from '../randomColumns.js'

async function paged(bytes: Uint8Array, columns: readonly string[], rows: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of pagedFile(bufferSource(bytes), { columns, rows })) pieces.push(piece.slice())
  return new Uint8Array(Buffer.concat(pieces))
}

const plainTypes = ['string', 'byte', 'short', 'integer', 'long', 'timestamp', 'timestamp_ntz', 'date'] as const

function randomFile(random: Random): { readonly bytes: Uint8Array; readonly columns: readonly Column[] } {
  const rows = 1 + random.below(1500)
  const columns = Array.from({ length: 2 + random.below(5) }, (_, i) => {
    const type = random.below(2) === 0 ? random.pick(plainTypes) : randomType(random, 2)
    const field: StructField = { name: `c${i}`, type, nullable: random.below(3) > 0 }
    return randomColumn(random, field, rows)
  })
  const codec = random.pick(['zstd', 'snappy', 'uncompressed'] as const)
  return { bytes: encodeParquet(columns, { codec, rowGroupRows: 1 + random.below(rows) }), columns }
}

const values = (columns: readonly Column[]) => columns.map(({ data }) => Array.from<unknown>(data))

test('random files keep every value, for a reader that shares no code too, whatever columns get other pages', async () => {
  const random = new Random()
  for (let round = 0; round < 20; round++) {
    const { bytes, columns } = randomFile(random)
    const names = columns.map(({ field }) => field.name).filter(() => random.below(2) === 0)
    const made = await paged(bytes, [...names, 'missing'], 1 + random.below(500))
    const own = await openParquet(bufferSource(made))
    const before = await openParquet(bufferSource(bytes))
    expect(own.rowGroups.map(({ rows }) => rows)).toEqual(before.rowGroups.map(({ rows }) => rows))
    expect(values(await own.readColumns()), seedNote).toEqual(values(await before.readColumns()))
    const read = (of: Uint8Array) => parquetReadObjects({ file: new Uint8Array(of).buffer, compressors })
    expect(await read(made), seedNote).toEqual(await read(bytes))
  }
})

test('what a footer says of a column stays, but for where its pages are and how many bytes they have', async () => {
  const random = new Random()
  const rows = 2000
  const columns = [
    randomColumn(random, { name: 'a', type: 'string', nullable: false }, rows),
    randomColumn(random, { name: 'b', type: 'long', nullable: true }, rows),
    randomColumn(random, { name: 'c', type: 'double', nullable: true }, rows),
  ]
  const bytes = encodeParquet(columns, { rowGroupRows: 700 })
  const made = await paged(bytes, ['b'], 100)
  const chunksOf = (of: Uint8Array) =>
    parquetMetadata(new Uint8Array(of).buffer).row_groups.map(group => group.columns.map(({ meta_data }) => meta_data))
  const [before, after] = [chunksOf(bytes), chunksOf(made)]
  for (const [g, group] of after.entries())
    for (const [c, chunk] of group.entries()) {
      const old = before[g]?.[c]
      expect(chunk?.statistics).toEqual(old?.statistics)
      const place = (of: typeof chunk, file: Uint8Array) => {
        const start = Number(of?.dictionary_page_offset ?? of?.data_page_offset)
        return Buffer.from(file.subarray(start, start + Number(of?.total_compressed_size)))
      }
      // Columns that were not asked for are the same bytes.
      if (c !== 1) expect(place(chunk, made).equals(place(old, bytes))).toBe(true)
    }
})

test('a page of it is read without the others, and without the footer', async () => {
  const rows = 5000
  const key: StructField = { name: 'id', type: 'string', nullable: true }
  const at: StructField = { name: 'at', type: 'timestamp', nullable: true }
  const keys = Array.from({ length: rows }, (_, i) => (i % 7 === 0 ? null : `key-${i % 40}`))
  const times = Array.from({ length: rows }, (_, i) => (i % 11 === 0 ? null : BigInt(i)))
  const columns = [
    { field: key, data: keys },
    { field: at, data: times },
  ]
  const made = await paged(encodeParquet(columns, { rowGroupRows: 3000 }), ['id', 'at'], 512)
  const file = await openParquet(bufferSource(made))
  const outline = file.outline(['id', 'at'])
  if (outline === undefined) throw new Error('no outline')
  const stretches = []
  for (const group of file.rowGroups) stretches.push(...(await file.readStretches(group, key, ['id', 'at'])).stretches)
  expect(stretches.map(([count]) => count)).toEqual([512, 512, 512, 512, 512, 440, 512, 512, 512, 464])
  let row = 0
  for (const [place, [count = 0]] of stretches.entries()) {
    const one = await openOutlined(bufferSource(made), { ...outline, stretches }, [place])
    expect(values(await one.readColumns({ fields: [key, at] }))).toEqual([
      keys.slice(row, row + count),
      times.slice(row, row + count),
    ])
    row += count
  }
})

test('the pages of silver are stretches in a short row group too', async () => {
  const key: StructField = { name: 'id', type: 'string', nullable: false }
  const keys = Array.from({ length: 8_000 }, (_, i) => `key-${i}`)
  const made = await paged(encodeParquet([{ field: key, data: keys }], { rowGroupRows: 8_192 }), ['id'], 256)
  const file = await openParquet(bufferSource(made))
  const [group] = file.rowGroups
  if (group === undefined) throw new Error('no row group')
  const { stretches } = await file.readStretches(group, key, ['id'])
  expect(stretches.map(([count]) => count)).toEqual([...Array.from({ length: 31 }, () => 256), 64])
})

test('pages that need a dictionary, begin at other rows or are very small make no stretches', async () => {
  const rows = 4000
  const key: StructField = { name: 'id', type: 'string', nullable: false }
  const at: StructField = { name: 'at', type: 'timestamp', nullable: false }
  const columns = [
    { field: key, data: Array.from({ length: rows }, (_, i) => `key-${i % 40}`) },
    { field: at, data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)) },
  ]
  const stretched = async (bytes: Uint8Array) => {
    const file = await openParquet(bufferSource(bytes))
    const [group] = file.rowGroups
    if (group === undefined) throw new Error('no rows')
    return (await file.readStretches(group, key, ['id', 'at'])).stretches.map(([count]) => count)
  }
  const pagedBy = (names: string[], of: number) => encodeParquet(columns, { paged: { columns: names, rows: of } })
  expect(await stretched(pagedBy(['id', 'at'], 1000))).toEqual([1000, 1000, 1000, 1000])
  expect(await stretched(encodeParquet(columns, { pageBytes: 1000 }))).toEqual([4000])
  expect(await stretched(await paged(pagedBy(['id'], 1000), ['at'], 800))).toEqual([4000])
  expect(await stretched(pagedBy(['id', 'at'], 100))).toEqual([4000])
})
