import { Writable } from 'node:stream'

import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import parquetjs from 'parquetjs-lite'

import { bufferSource, compress, encodeParquet, openParquet, schemaElements } from '../../shared/parquet/index.js'
import type { Column, DataType } from '../../shared/types/index.js'
import { bronzeColumns } from './bronzeColumns.js'

export interface ParquetMeasure {
  readonly name: string
  readonly rowsPerSecond: number
  /** Size of the file. */
  readonly bytes: number
}

/**
 * Writes the same bronze batch with each writer, on one thread, and reads this project's file back; the best of a few
 * rounds each, so that the compiler's warming up does not count. parquetjs-lite, the baseline, is the last.
 */
export async function parquetBench(rows = 100_000, rounds = 5): Promise<ParquetMeasure[]> {
  const columns = bronzeColumns(rows)
  const file = encodeParquet(columns)
  return [
    await measure('encodeParquet, zstd', rows, rounds, () => encodeParquet(columns).length),
    await measure('encodeParquet, snappy', rows, rounds, () => encodeParquet(columns, { codec: 'snappy' }).length),
    await measure('readColumns', rows, rounds, async () => {
      await (await openParquet(bufferSource(file))).readColumns()
      return file.length
    }),
    await measure('hyparquet-writer, zstd', rows, 2, () => libraryFile(columns).length),
    await measure('parquetjs-lite, snappy (baseline)', rows, 1, () => baselineFile(columns)),
  ]
}

async function measure(name: string, rows: number, rounds: number, run: () => number | Promise<number>) {
  let best = Infinity
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    bytes = await run()
    best = Math.min(best, performance.now() - start)
  }
  return { name, rowsPerSecond: Math.round((rows / best) * 1000), bytes }
}

const encodings: Readonly<Partial<Record<string, NonNullable<ColumnSource['encoding']>>>> = {
  _offset: 'DELTA_BINARY_PACKED',
  _timestamp: 'DELTA_BINARY_PACKED',
  timestamp: 'DELTA_BINARY_PACKED',
  _value: 'DELTA_LENGTH_BYTE_ARRAY',
  event_id: 'DELTA_LENGTH_BYTE_ARRAY',
}

function libraryFile(columns: readonly Column[]): Uint8Array {
  return new Uint8Array(
    parquetWriteBuffer({
      schema: schemaElements(columns.map(({ field }) => field)),
      columnData: columns.map(({ field, data }): ColumnSource => {
        const encoding = encodings[field.name]
        const source = { name: field.name, data: data as ColumnSource['data'], statistics: false, offsetIndex: false }
        return encoding === undefined ? source : { ...source, encoding }
      }),
      rowGroupSize: columns[0]?.data.length ?? 0,
      codec: 'ZSTD',
      compressors: { ZSTD: bytes => compress('zstd', bytes, 1) },
    }),
  )
}

async function baselineFile(columns: readonly Column[]): Promise<number> {
  const fields = columns.map(({ field }) => [
    field.name,
    { type: baselineType(field.type), optional: true, compression: 'SNAPPY' as const },
  ])
  const schema = new parquetjs.ParquetSchema(
    Object.fromEntries(fields) as ConstructorParameters<typeof parquetjs.ParquetSchema>[0],
  )
  let bytes = 0
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done()
    },
  })
  const writer = await parquetjs.ParquetWriter.openStream(schema, stream)
  const rows = columns[0]?.data.length ?? 0
  writer.setRowGroupSize(50_000)
  for (let i = 0; i < rows; i++) {
    const row: Record<string, unknown> = {}
    for (const { field, data } of columns) {
      const value = data[i]
      if (value !== null) row[field.name] = typeof value === 'bigint' ? Number(value) : value
    }
    await writer.appendRow(row)
  }
  await writer.close()
  return bytes
}

function baselineType(type: DataType): string {
  switch (type) {
    case 'integer':
      return 'INT32'
    case 'long':
      return 'INT64'
    case 'timestamp':
      return 'TIMESTAMP_MICROS'
    case 'binary':
      return 'BYTE_ARRAY'
    case 'double':
      return 'DOUBLE'
    default:
      return 'UTF8'
  }
}
