import { type StoredData, Utf8Column } from '../../parquet/index.js'
import { partitionPoint, type Value } from '../../types/index.js'
import { columnHashes, hashValue } from './keyHash.js'
import type { KeyValue, SoughtKey } from './soughtKeys.js'

/** A row that has one of the keys. */
export interface KeyRow {
  readonly key: SoughtKey
  /** Its place in the column. */
  readonly row: number
}

/** Bytes of a text from which on it is searched for as bytes: it is found by chance hardly ever. */
const longText = 8

/** Those rows of a column that have one of a few keys. */
export function rowsWithKeys(data: StoredData, keys: readonly SoughtKey[]): readonly KeyRow[] {
  if (!(data instanceof Utf8Column)) return byHash(data, keys)
  const found: KeyRow[] = []
  const short: SoughtKey[] = []
  for (const key of keys) {
    const bytes = Buffer.from(String(key.value))
    if (bytes.length < longText) short.push(key)
    else for (const row of rowsWithBytes(data, bytes)) found.push({ key, row })
  }
  return short.length === 0 ? found : [...found, ...byHash(data, short)]
}

function* rowsWithBytes(column: Utf8Column, wanted: Buffer): Generator<number, void> {
  const { bytes, ends } = column
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = buffer.indexOf(wanted); at !== -1; at = buffer.indexOf(wanted, at + 1)) {
    const row = partitionPoint(ends.length, i => (ends[i] as number) < at + wanted.length)
    // Elsewhere it is a part of a text, or of several.
    if (ends[row] === at + wanted.length && column.start(row) === at) yield row
  }
}

function byHash(data: StoredData, keys: readonly SoughtKey[]): readonly KeyRow[] {
  const wanted = Map.groupBy(keys, ({ value }) => hashValue(value) ?? NaN)
  const hashes = columnHashes(data)
  const found: KeyRow[] = []
  for (let row = 0; row < hashes.length; row++) {
    const alike = wanted.get(hashes[row] as number)
    if (alike === undefined) continue
    const value = data instanceof Utf8Column ? data.text(row) : data[row]
    const key = alike.find(({ value: own }) => isSame(own, value))
    if (key !== undefined) found.push({ key, row })
  }
  return found
}

/** A whole number is the same one as a number and as a bigint. */
function isSame(key: KeyValue, value: Value | undefined): boolean {
  if (typeof key === 'string' || typeof value === 'string') return key === value
  return (typeof value === 'number' || typeof value === 'bigint') && BigInt(key) === BigInt(value)
}
