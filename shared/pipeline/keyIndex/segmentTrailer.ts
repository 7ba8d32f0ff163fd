import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { z } from 'zod'

import type { FileOutline } from '../../parquet/index.js'
import { PackedStretches } from './packedStretches.js'
import { type SegmentLayout, segmentLayout } from './segmentLayout.js'

/** A data file whose keys a segment holds: which bytes it is, and where its stretches of rows are. */
export interface IndexedFile {
  /** As the table's log names it. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly rows: number
  /** The key and the event time. */
  readonly columns: FileOutline['columns']
  readonly stretches: PackedStretches
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

/** How the entries of such a segment are packed. */
export function layoutOf({ entries, files }: SegmentTrailer): SegmentLayout {
  return segmentLayout(
    entries,
    files.reduce((sum, { stretches }) => sum + stretches.count, 0),
  )
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
      columns: z.array(z.object({ element: z.looseObject({ name: z.string() }), codec: z.string() })).length(2),
      /** How many, and their bytes behind the JSON. */
      stretches: z.tuple([whole, whole]),
    }),
  ),
})

const magic = 'LAKEKEY3'
/** Length of the trailer, digest of all before it, magic. */
export const fixedTailBytes = 4 + 4 + magic.length

/** The length of JSON, the JSON, and each file's stretches, deflated. */
export function encodeTrailer(trailer: SegmentTrailer): Uint8Array {
  const files = trailer.files.map(file => ({ ...file, stretches: [file.stretches.count, file.stretches.bytes.length] }))
  const json = Buffer.from(JSON.stringify({ ...trailer, files }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return deflateRawSync(Buffer.concat([length, json, ...trailer.files.map(({ stretches }) => stretches.bytes)]))
}

/** @returns undefined for bytes that are none */
export function decodeTrailer(bytes: Uint8Array): SegmentTrailer | undefined {
  try {
    const all = inflateRawSync(bytes)
    let at = 4 + all.readUInt32LE(0)
    const trailer = trailerSchema.parse(JSON.parse(all.toString('utf8', 4, at)))
    const files: IndexedFile[] = []
    for (const file of trailer.files) {
      const [count, length] = file.stretches
      const stretches = PackedStretches.parse(count, Uint8Array.from(all.subarray(at, (at += length))))
      if (stretches === undefined) return undefined
      files.push({ ...file, columns: file.columns as IndexedFile['columns'], stretches })
    }
    return { ...trailer, files }
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
