/** Opening a file and reading its row groups. */
export type { LeafData } from '../page/index.js'
export { chunkSpan } from './chunkSpan.js'
export type { FileOutline, Stretch } from './fileOutline.js'
export { openOutlined } from './openOutlined.js'
export type { ColumnMatch, ReadOptions } from './projection.js'
export { type LeafRequest, openParquet, ParquetFile } from './reader.js'
export type { RowGroupInfo } from './rowGroup.js'
