import { ParquetError } from '../base/index.js'

/** What a row group may take in memory beyond what its bytes explain. */
const maxBytes = 2 ** 30

/** Times its own size that a page may take without counting: good encodings and compression do that to honest data. */
const honestRatio = 64

/**
 * Counts the memory that one row group's columns take, before it is allocated. Runs and dictionaries make a billion
 * values of a few bytes, so what a page claims must not alone decide how much is allocated.
 */
export class MemoryAllowance {
  #taken = 0

  /**
   * @param bytes of memory
   * @param from how many bytes of the file they are decoded from
   * @throws ParquetError PARQUET_UNSUPPORTED, naming the column
   */
  take(column: string, bytes: number, from: number): void {
    this.#taken += bytes - from * honestRatio
    if (this.#taken <= maxBytes) return
    throw new ParquetError(
      'PARQUET_UNSUPPORTED',
      `A row group takes more than ${maxBytes} bytes of memory, of far fewer in the file, when its column ${column} is read. Read fewer columns, or write the file with smaller row groups.`,
      { data: { column, largest: maxBytes } },
    )
  }
}

/** Memory of a value in a column: a reference or an 8-byte number. */
export const valueBytes = 8

/** Memory of an entry of a list or map, and of one of a struct, besides its value. */
export const entryBytes = { repeated: 48, single: 16 } as const
