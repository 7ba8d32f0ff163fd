/** Typed columns to Parquet bytes and back. */
export {
  BinaryColumn,
  bufferSource,
  ByteBuffer,
  decodedData,
  fromZigzag,
  objectStoreSource,
  ParquetError,
  type ParquetSource,
  type StoredColumn,
  type StoredData,
  Utf8Column,
  type WrittenColumn,
  type WrittenData,
} from './base/index.js'
export type { ExtractPlan } from './extract/index.js'
export { compress, compressSnappy, decompressSnappy, type WrittenCodec } from './page/index.js'
export {
  type ColumnMatch,
  type FileOutline,
  type LeafData,
  type LeafRequest,
  openOutlined,
  openParquet,
  ParquetFile,
  type ReadOptions,
  type RowGroupInfo,
  type Stretch,
} from './read/index.js'
export { schemaElements } from './schema/index.js'
export { type ByteSink, encodeParquet, type PagedColumns, ParquetWriter } from './write/index.js'
