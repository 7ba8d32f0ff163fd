/** Opening a file and reading its row groups. */
export type { FileOutline } from './fileOutline.js'
export { openOutlined } from './openOutlined.js'
export type { ColumnMatch } from './projection.js'
export {
  type LeafData,
  type LeafRequest,
  openParquet,
  ParquetFile,
  type ReadOptions,
  type RowGroupInfo,
} from './reader.js'
