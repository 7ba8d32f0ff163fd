/** A footer fits into this nearly always, so that opening a file takes one read. */
export const tailBytes = 64 * 1024

/** A file's bytes, wherever they are. */
export interface ParquetSource {
  readonly byteLength: number
  /** The bytes from `start` to `end` (exclusive; the end of the file when absent). */
  slice(start: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>
  /** The file's name in messages. */
  readonly name?: string | undefined
}
