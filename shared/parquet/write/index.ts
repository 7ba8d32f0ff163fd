/** Column chunks, row groups and files. */
export { type ColumnChunk, encodeChunk } from './columnChunk.js'
export { leafValues } from './leafValues.js'
export { type ByteSink, encodeParquet, type PagedColumns, ParquetWriter } from './writer.js'
