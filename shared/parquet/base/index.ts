/** What the other rooms stand on: errors, byte sources, buffers, strings as UTF-8 columns. */
export { bufferSource } from './bufferSource.js'
export { ByteBuffer } from './byteBuffer.js'
export { type ByteSpan, coalesce } from './byteSpan.js'
export { corruptFile, inFile, named } from './corruptFile.js'
export { objectStoreSource } from './objectStoreSource.js'
export { ParquetError } from './parquetError.js'
export { type ParquetSource, tailBytes } from './parquetSource.js'
export { decodedData, type StoredColumn, type StoredData, Utf8Column } from './utf8Column.js'
