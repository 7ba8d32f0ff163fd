import { describe, expect, test } from 'vitest'

import { collectStats, planStats } from '../../../shared/delta/index.js'
import { bufferSource } from '../../../shared/parquet/base/bufferSource.js'
import { decodedData, type StoredColumn, Utf8Column } from '../../../shared/parquet/base/utf8Column.js'
import { openParquet } from '../../../shared/parquet/read/reader.js'
import { encodeParquet, type ParquetOptions, ParquetWriter } from '../../../shared/parquet/write/writer.js'
import type { StructField } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'

const field: StructField = { name: 't', type: 'string', nullable: true }
const stats = planStats({ schema: { type: 'struct', fields: [field] }, partitionColumns: [], configuration: {} })

/** Texts that a file holds plainly: few that are alike, some null. */
function anyTexts(random: Random): (string | null)[] {
  const ascii = random.below(2) === 0
  const text = () => (ascii ? `name ${random.below(1e9)}` : random.text(12))
  const nulls = random.pick([0, 0, 3, 10])
  return Array.from({ length: random.below(random.pick([3, 300, 3000])) }, () =>
    random.below(10) < nulls ? null : text(),
  )
}

async function stored(data: readonly (string | null)[], options: ParquetOptions = {}): Promise<StoredColumn['data']> {
  const file = await openParquet(bufferSource(encodeParquet([{ field, data }], options)))
  const [group] = file.rowGroups
  return group === undefined ? [] : ((await file.readStored(group))[0]?.data ?? [])
}

async function streamed(columns: readonly StoredColumn[], options: ParquetOptions): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const writer = new ParquetWriter(
    { write: bytes => Promise.resolve(void parts.push(bytes)) },
    columns.map(of => of.field),
    options,
  )
  await writer.appendRowGroup(columns)
  await writer.finish()
  return Buffer.concat(parts)
}

describe('texts as they are stored', () => {
  test('are the texts that were written, and have their statistics', async () => {
    const random = new Random()
    for (let round = 0; round < 60; round++) {
      const data = anyTexts(random)
      const read = await stored(data, { packed: random.below(2) === 0, pageBytes: random.pick([200, 1 << 20]) })
      expect(decodedData(read), seedNote).toEqual(data)
      expect(collectStats([{ field, data: read }], stats), seedNote).toEqual(collectStats([{ field, data }], stats))
    }
  })

  test('that begin alike have a least and a greatest one, however they follow one another', () => {
    const random = new Random()
    for (let round = 0; round < 2_000; round++) {
      const texts = Array.from({ length: random.below(8) }, () =>
        random.below(6) === 0
          ? null
          : 'ab'.repeat(random.below(3)) + random.pick(['', '\0', 'a', 'b', 'ab', 'é', '\u{10ffff}']),
      )
      const sorted = texts.filter(text => text !== null).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      const found = Utf8Column.ofStrings(texts)?.extremes()
      const ends = found && [texts[found.least], texts[found.greatest]]
      expect(ends, `${seedNote}: ${JSON.stringify(texts)}`).toEqual(
        sorted.length === 0 ? undefined : [sorted[0], sorted.at(-1)],
      )
    }
  })

  test('make the very file that the texts in memory make, from one thread or from several', async () => {
    const random = new Random()
    for (let round = 0; round < 40; round++) {
      const texts = Array.from({ length: 2 + random.below(30_000) }, (_, i) =>
        random.below(50) === 0 ? null : `text ${i} ${random.below(1e9)}`,
      )
      const data = await stored(texts)
      const options: ParquetOptions = {
        codec: random.pick(['zstd', 'snappy', 'uncompressed']),
        packed: random.below(2) === 0,
        pageBytes: random.pick([5_000, 1 << 18]),
      }
      const expected = encodeParquet([{ field, data: texts }], options)
      expect(Buffer.compare(encodeParquet([{ field, data }], options), expected), seedNote).toBe(0)
      expect(Buffer.compare(await streamed([{ field, data }], options), expected), seedNote).toBe(0)
      if (round === 0) expect(data).toBeInstanceOf(Utf8Column)
    }
  })

  test('become a dictionary where they repeat after all', async () => {
    const halves = await Promise.all([0, 1].map(() => stored(Array.from({ length: 40 }, (_, i) => `color ${i}`))))
    const data = Utf8Column.joined(Array.from({ length: 50 }, (_, i) => halves[i % 2] as Utf8Column)) as Utf8Column
    const expected = encodeParquet([{ field, data: data.strings() }])
    expect(Buffer.compare(encodeParquet([{ field, data }]), expected)).toBe(0)
    expect(expected.length).toBeLessThan(data.bytes.length / 2)
  })

  test('are cut, picked and joined as texts in memory are', async () => {
    const random = new Random()
    for (let round = 0; round < 60; round++) {
      const texts = [...anyTexts(random), 'end', 'of all']
      const data = (await stored(texts)) as Utf8Column
      const from = random.below(texts.length)
      const to = from + random.below(texts.length + 1 - from)
      const rows = texts.map((_, row) => row).filter(() => random.below(3) === 0)
      if (!(data instanceof Utf8Column)) continue
      expect(data.slice(from, to).strings(), seedNote).toEqual(texts.slice(from, to))
      expect(data.picked(rows).strings(), seedNote).toEqual(rows.map(row => texts[row]))
      expect(Utf8Column.joined([data, data.slice(from, to), data.picked(rows)])?.strings(), seedNote).toEqual([
        ...texts,
        ...texts.slice(from, to),
        ...rows.map(row => texts[row]),
      ])
    }
  })

  test('are none where a dictionary holds them, where bytes are no UTF-8, and where a text begins within a character', async () => {
    expect(await stored(Array.from({ length: 100 }, (_, i) => `same ${i % 3}`))).toEqual(
      Array.from({ length: 100 }, (_, i) => `same ${i % 3}`),
    )
    expect(Utf8Column.of(Uint8Array.of(0x61, 0xff), Int32Array.of(1, 1))).toBeUndefined()
    expect(Utf8Column.of(Buffer.from('é'), Int32Array.of(1, 1))).toBeUndefined()
    expect(Utf8Column.of(Buffer.from('éa'), Int32Array.of(2, 1))?.strings()).toEqual(['é', 'a'])
  })

  test('do not reach past their bytes', () => {
    expect(() => Utf8Column.of(Buffer.from('abc'), Int32Array.of(2, 2))).toThrow(RangeError)
    expect(() => Utf8Column.of(Buffer.from('abc'), Int32Array.of(-1, 2))).toThrow(RangeError)
    expect(() => Utf8Column.ofPlain(Uint8Array.of(9, 0, 0, 0, 97), 1)).toThrow(RangeError)
    expect(() => Utf8Column.ofPlain(Uint8Array.of(0, 0, 0), 1)).toThrow(RangeError)
  })
})
