import type { ParquetFile } from '../read/index.js'
import type { CompactStruct } from './compactStruct.js'

/** A file's footer, decoded and raw; `groups` are its row groups with rows. */
export interface RawFile {
  readonly file: ParquetFile
  readonly footer: CompactStruct
  readonly groups: readonly CompactStruct[]
}
