import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { z } from 'zod'

import type { FileOutline } from '../../parquet/index.js'

/** A data file whose keys a segment holds: which bytes it is, and where its stretches of rows are. */
export interface IndexedFile {
  /** As the table's log names it. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly rows: number
  /** Of the key and the event time. */
  readonly outline: FileOutline
}

/** What a segment says of itself, behind its entries. */
export interface SegmentTrailer {
  /** The columns that its outlines are of. */
  readonly columns: readonly [key: string, eventTime: string]
  readonly keyType: string
  readonly entries: number
  /** In the order in which their stretches are numbered. */
  readonly files: readonly IndexedFile[]
}

const whole = z.number().int().nonnegative()
const trailerSchema = z.object({
  columns: z.tuple([z.string(), z.string()]),
  keyType: z.string(),
  entries: whole,
  files: z.array(
    z.object({
      path: z.string(),
      size: whole,
      rows: whole,
      outline: z.object({
        columns: z.array(z.object({ element: z.looseObject({ name: z.string() }), codec: z.string() })).length(2),
        stretches: z.array(z.array(whole).length(5)),
      }),
    }),
  ),
})

const magic = 'LAKEKEY2'
/** Length of the trailer, digest of all before it, magic. */
export const fixedTailBytes = 4 + 4 + magic.length

/** JSON, deflated. */
export function encodeTrailer(trailer: SegmentTrailer): Uint8Array {
  return deflateRawSync(JSON.stringify(trailer))
}

/** @returns undefined for bytes that are none */
export function decodeTrailer(bytes: Uint8Array): SegmentTrailer | undefined {
  try {
    return trailerSchema.parse(JSON.parse(inflateRawSync(bytes).toString())) as SegmentTrailer
  } catch {
    return undefined
  }
}

/** @param digest CRC-32 of every byte before these */
export function encodeTail(trailerBytes: number, digest: number): Uint8Array {
  const tail = Buffer.alloc(fixedTailBytes)
  tail.writeUInt32LE(trailerBytes, 0)
  tail.writeUInt32LE(digest, 4)
  tail.write(magic, 8, 'latin1')
  return tail
}

/** @returns undefined for bytes that are none */
export function decodeTail(tail: Buffer): { readonly trailerBytes: number; readonly digest: number } | undefined {
  if (tail.length !== fixedTailBytes || tail.toString('latin1', 8) !== magic) return undefined
  return { trailerBytes: tail.readUInt32LE(0), digest: tail.readUInt32LE(4) }
}
