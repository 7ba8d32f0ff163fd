/** Column chunks, row groups and files. */
export { type ByteSink, encodeParquet, ParquetWriter } from './writer.js'
