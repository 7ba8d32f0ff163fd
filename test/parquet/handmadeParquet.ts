import type { ColumnMetaData, CompressionCodec, Encoding, PageHeader, SchemaElement } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'
import { writeMetadata } from 'hyparquet-writer/src/metadata.js'

/** One column of a row group, its pages as they stand. */
export interface HandmadeChunk {
  readonly element: SchemaElement
  readonly pages: readonly { readonly header: Omit<PageHeader, 'compressed_page_size'>; readonly body: Uint8Array }[]
  readonly values: number
  readonly encodings: readonly Encoding[]
  readonly codec?: CompressionCodec | undefined
  readonly path?: readonly string[] | undefined
  readonly statistics?: ColumnMetaData['statistics']
}

/** A Parquet file as no writer of today leaves it. All row groups have the same columns. */
export function handmadeParquet(
  groups: readonly { readonly rows: number; readonly chunks: readonly HandmadeChunk[] }[],
  {
    schema,
    createdBy = 'by hand',
  }: { readonly schema?: readonly SchemaElement[] | undefined; readonly createdBy?: string | undefined } = {},
): Uint8Array {
  const out = new ByteWriter(1024)
  out.appendBytes(Buffer.from('PAR1'))
  const rowGroups = groups.map(({ rows, chunks }) => ({
    num_rows: BigInt(rows),
    total_byte_size: 0n,
    columns: chunks.map(
      ({ element, pages, values, encodings, codec = 'UNCOMPRESSED', path = [element.name], statistics }) => {
        const start = out.offset
        for (const { header, body } of pages) {
          writePageHeader(out, { ...header, compressed_page_size: body.length })
          out.appendBytes(body)
        }
        // A chunk without pages lies nowhere, as Arrow says of those without rows.
        const nowhere = pages.length === 0
        const meta: ColumnMetaData = {
          type: element.type ?? 'INT32',
          encodings: [...encodings],
          path_in_schema: [...path],
          codec,
          num_values: BigInt(values),
          total_uncompressed_size: BigInt(out.offset - start),
          total_compressed_size: BigInt(out.offset - start),
          data_page_offset: nowhere ? 0n : BigInt(start),
          ...(statistics === undefined ? {} : { statistics }),
        }
        return { file_offset: 0n, meta_data: meta }
      },
    ),
  }))
  const leaves = groups[0]?.chunks.map(({ element }) => element) ?? []
  writeMetadata(out, {
    version: 1,
    created_by: createdBy,
    num_rows: BigInt(groups.reduce((sum, { rows }) => sum + rows, 0)),
    row_groups: rowGroups,
    metadata_length: 0,
    schema: [...(schema ?? [{ name: 'schema', num_children: leaves.length }, ...leaves])],
  })
  out.appendBytes(Buffer.from('PAR1'))
  return new Uint8Array(out.getBytes())
}

/** Bits from the uppermost of each byte on, as Parquet's BIT_PACKED has them. */
export function fromTop(values: readonly number[], width: number): Uint8Array {
  const bits = values.map(value => value.toString(2).padStart(width, '0')).join('')
  return Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
    parseInt(bits.slice(i * 8, i * 8 + 8).padEnd(8, '0'), 2),
  )
}

export const int32s = (...values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer)

/** A page of optional INT32 values, their definition levels in an encoding of choice. */
export function optionalInts(values: readonly (number | null)[], levels: Uint8Array, encoding: Encoding) {
  const body = Buffer.concat([levels, int32s(...values.filter(value => value !== null))])
  return { body, header: dataPage(values.length, body.length, { definition_level_encoding: encoding }) }
}

export function dataPage(
  values: number,
  bytes: number,
  encodings: Partial<NonNullable<PageHeader['data_page_header']>> = {},
): Omit<PageHeader, 'compressed_page_size'> {
  return {
    type: 'DATA_PAGE',
    uncompressed_page_size: bytes,
    data_page_header: {
      num_values: values,
      encoding: 'PLAIN',
      definition_level_encoding: 'RLE',
      repetition_level_encoding: 'RLE',
      ...encodings,
    },
  }
}
