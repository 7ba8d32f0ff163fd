export * from './dataType.js'
export { bytesFile } from './bytesFile.js'
export type { WrittenCodec } from './codec.js'
export { ParquetError, parquetErrorCodes, type ParquetErrorCode } from './parquetError.js'
export { EncodedTexts, decodedData, type StoredColumn, type StoredData } from './encodedTexts.js'
export type { ColumnMatch } from './projection.js'
export {
  openParquet, ParquetFile, type ParquetSource, type ReadOptions, type RowGroupInfo,
} from './reader.js'
export { storedFile } from './storedFile.js'
export { encodeParquet, ParquetWriter, type ByteSink, type ParquetOptions } from './writer.js'
