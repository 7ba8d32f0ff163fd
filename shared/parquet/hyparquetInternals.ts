/**
 * All of hyparquet, hyparquet-writer and hyparquet-compressors that this project uses; no other file names them. Much of
 * it lies below their public interfaces, which read and write whole files: Thrift structures of footers and page
 * headers, and decoders of single pages. Their versions are pinned, so that these parts stay where they are.
 */
export {
  type ColumnMetaData,
  type CompressionCodec,
  type DecodedArray,
  type Encoding,
  type FileMetaData,
  type PageHeader,
  parquetMetadata,
  parquetMetadataAsync,
  type RowGroup,
  type SchemaElement,
} from 'hyparquet'
export { parquetHeader } from 'hyparquet/src/column.js'
export { Encodings } from 'hyparquet/src/constants.js'
export { deltaBinaryUnpack, deltaLengthByteArray } from 'hyparquet/src/delta.js'
export { byteStreamSplit } from 'hyparquet/src/encoding.js'
export { readPlain } from 'hyparquet/src/plain.js'
export { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors'
export { ByteWriter } from 'hyparquet-writer'
export { writePageHeader } from 'hyparquet-writer/src/datapage.js'
export { writeMetadata } from 'hyparquet-writer/src/metadata.js'
export { snappyCompress } from 'hyparquet-writer/src/snappy.js'
