import { named, type ParquetSource } from '../base/index.js'
import { type FileOutline, outlinedFooter } from './fileOutline.js'
import { ParquetFile } from './reader.js'

/**
 * The stretches at these places of a file whose outline is known ({@link ParquetFile.outline}), as row groups of a file
 * of nothing else. Reads nothing yet.
 *
 * @throws ParquetError PARQUET_CORRUPT when the outline cannot be that of such a file
 */
export function openOutlined(
  source: ParquetSource,
  outline: FileOutline,
  places: readonly number[],
): Promise<ParquetFile> {
  return named(source, () => Promise.resolve(new ParquetFile(source, outlinedFooter(outline, places))))
}
