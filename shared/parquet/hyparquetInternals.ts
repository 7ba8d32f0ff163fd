/**
 * All of hyparquet, hyparquet-writer and hyparquet-compressors that this project uses; no other file names them. Much of
 * it lies below their public interfaces, which read and write whole files: Thrift structures of footers and page
 * headers, and decoders of single pages. Their versions are pinned, so that these parts stay where they are. Each is
 * taken from its own file: the packages' indexes load their whole readers, writers and codecs, at every cold start.
 */
export type {
  ColumnMetaData,
  CompressionCodec,
  DecodedArray,
  Encoding,
  FileMetaData,
  PageHeader,
  RowGroup,
  SchemaElement,
} from 'hyparquet'
export { parquetHeader } from 'hyparquet/src/column.js'
export { Encodings } from 'hyparquet/src/constants.js'
export { deltaBinaryUnpack, deltaLengthByteArray } from 'hyparquet/src/delta.js'
export { byteStreamSplit } from 'hyparquet/src/encoding.js'
export { parquetMetadata, parquetMetadataAsync } from 'hyparquet/src/metadata.js'
export { readPlain } from 'hyparquet/src/plain.js'
export { decompressLz4, decompressLz4Raw } from 'hyparquet-compressors/src/lz4.js'
export { ByteWriter } from 'hyparquet-writer/src/bytewriter.js'
export { writePageHeader } from 'hyparquet-writer/src/datapage.js'
export { writeMetadata } from 'hyparquet-writer/src/metadata.js'
export { snappyCompress } from 'hyparquet-writer/src/snappy.js'
