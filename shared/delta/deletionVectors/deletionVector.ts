import { randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'

import type { ObjectStore } from '../../storage/index.js'
import { type DeletionVector, encodeLogPath, isAbsolutePath, locateData, type OpenFolder } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { RoaringBitmap } from './roaringBitmap.js'
import { decodeZ85, encodeZ85 } from './z85.js'

/** Deletion vectors: which rows of a data file are deleted (PROTOCOL.md, "Deletion Vectors"). */

/** Version of the files' format: their first byte. */
const formatVersion = 1
/** Length of a UUID in Z85. */
const uuidChars = 20
/** Before the version byte of a file nothing is worth a request of its own. */
const readAlong = 4096

/** Where a vector is read: `openFolder` is for files outside the table's folder, `where` is named in errors. */
export interface VectorPlace {
  readonly openFolder?: OpenFolder | undefined
  readonly where?: LogPlace | undefined
}

/**
 * The positions that a deletion vector holds. Its checksum, length and cardinality are checked.
 *
 * @throws DeltaError DELTA_BAD_DELETION_VECTOR, or DELTA_FILE_MISSING
 */
export async function readDeletionVector(
  store: ObjectStore,
  vector: DeletionVector,
  { openFolder, where }: VectorPlace = {},
): Promise<RoaringBitmap> {
  const path = vector.storageType === 'i' ? undefined : deletionVectorPath(vector, where)
  const place: LogPlace = { table: store.url, ...where, ...(path === undefined ? {} : { file: path }) }
  const bytes =
    path === undefined
      ? inlineBytes(vector, place)
      : await storedBytes(store, path, vector, { openFolder, where: place })
  const bitmap = RoaringBitmap.decode(bytes, place)
  if (BigInt(bitmap.cardinality) !== vector.cardinality)
    throw bad(`has ${bitmap.cardinality} rows where the log says ${vector.cardinality}`, place)
  return bitmap
}

/**
 * The path of a stored vector's file as a log path: relative to the table (`u`) or absolute (`p`).
 *
 * @throws DeltaError DELTA_BAD_DELETION_VECTOR for an inline vector, or for one that names no file
 */
export function deletionVectorPath({ storageType, pathOrInlineDv }: DeletionVector, where?: LogPlace): string {
  if (storageType === 'p') {
    if (!isAbsolutePath(pathOrInlineDv)) throw bad(`has the path ${pathOrInlineDv}, which is not absolute`, where)
    return pathOrInlineDv
  }
  const prefix = pathOrInlineDv.slice(0, -uuidChars)
  const id = storageType === 'u' ? decodeZ85(pathOrInlineDv.slice(-uuidChars)) : undefined
  if (id?.length !== 16) throw bad(`is ${JSON.stringify(storageType + pathOrInlineDv)}, which names no file`, where)
  return encodeLogPath(vectorName(prefix, uuidText(id)))
}

function vectorName(prefix: string, uuid: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}deletion_vector_${uuid}.bin`
}

function uuidText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function inlineBytes({ pathOrInlineDv, sizeInBytes }: DeletionVector, where: LogPlace): Uint8Array {
  const bytes = decodeZ85(pathOrInlineDv)
  if (bytes === undefined) throw bad('in the log is no Z85', where)
  if (sizeInBytes < 0 || bytes.length < sizeInBytes)
    throw bad(`has ${bytes.length} bytes where the log says ${sizeInBytes}`, where)
  return bytes.subarray(0, sizeInBytes)
}

async function storedBytes(
  store: ObjectStore,
  logPath: string,
  { offset = 1, sizeInBytes }: DeletionVector,
  place: VectorPlace,
): Promise<Uint8Array> {
  const { where } = place
  if (offset < 1 || sizeInBytes < 0) throw bad(`cannot be ${sizeInBytes} bytes at ${offset}`, where)
  const object = await locateData(store, logPath, place)
  const end = offset + 4 + sizeInBytes + 4
  const fetch = async (start: number, stop: number): Promise<Buffer> => {
    const bytes = await object.store.get(object.path, { start, end: stop })
    if (bytes === undefined)
      throw new DeltaError(
        'DELTA_FILE_MISSING',
        'a deletion vector is missing; without it the rows of its data file are unknown',
        { where },
      )
    if (bytes.length !== stop - start) throw bad(`reaches past the end of its file, to ${stop}`, where)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  const start = offset <= readAlong ? 0 : offset
  const [framed, first] = await Promise.all([fetch(start, end), start === 0 ? undefined : fetch(0, 1)])
  const version = (first ?? framed)[0]
  if (version !== formatVersion) throw bad(`is in a file of format ${version}; ${formatVersion} is known`, where)
  const frame = framed.subarray(offset - start)
  const size = frame.readInt32BE(0)
  if (size !== sizeInBytes) throw bad(`has ${size} bytes where the log says ${sizeInBytes}`, where)
  const data = frame.subarray(4, 4 + size)
  if (crc32(data) !== frame.readUInt32BE(4 + size)) throw bad('is damaged: its checksum is wrong', where)
  return data
}

/** A file of deletion vectors, and for each of them its descriptor in the `add`. */
export interface DeletionVectorFile {
  /** Object name relative to the table. */
  readonly name: string
  readonly bytes: Uint8Array
  /** In the order of the bitmaps. */
  readonly vectors: readonly DeletionVector[]
}

/** The file of one or several vectors, one for each data file; a new name each time. */
export function encodeDeletionVectors(
  bitmaps: readonly RoaringBitmap[],
  uuid: string = randomUUID(),
): DeletionVectorFile {
  const pathOrInlineDv = encodeZ85(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
  const parts: Uint8Array[] = [Uint8Array.of(formatVersion)]
  const vectors: DeletionVector[] = []
  let offset = 1
  for (const bitmap of bitmaps) {
    const data = bitmap.encode()
    const size = Buffer.alloc(4)
    size.writeInt32BE(data.length)
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32BE(crc32(data))
    parts.push(size, data, checksum)
    vectors.push({
      storageType: 'u',
      pathOrInlineDv,
      offset,
      sizeInBytes: data.length,
      cardinality: BigInt(bitmap.cardinality),
    })
    offset += 4 + data.length + 4
  }
  return { name: vectorName('', uuid), bytes: Buffer.concat(parts), vectors }
}

/** The file of one vector that holds `positions`, which may come in any order. */
export function encodeDeletionVector(
  positions: Iterable<number>,
  uuid?: string,
): DeletionVectorFile & { readonly vector: DeletionVector } {
  const file = encodeDeletionVectors([RoaringBitmap.of(positions)], uuid)
  return { ...file, vector: file.vectors[0] as DeletionVector }
}

/** A vector that is kept in the log itself: for few rows. */
export function inlineDeletionVector(bitmap: RoaringBitmap): DeletionVector {
  const data = bitmap.encode()
  return {
    storageType: 'i',
    pathOrInlineDv: encodeZ85(data),
    sizeInBytes: data.length,
    cardinality: BigInt(bitmap.cardinality),
  }
}

function bad(what: string, where: LogPlace | undefined): DeltaError {
  return new DeltaError('DELTA_BAD_DELETION_VECTOR', `a deletion vector ${what}`, { where })
}
