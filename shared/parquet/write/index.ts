/** Column chunks, row groups and files. */
export { type ByteSink, encodeParquet, type ParquetOptions, ParquetWriter } from './writer.js'
