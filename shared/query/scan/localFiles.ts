import { locateData } from '../../delta/index.js'
import { ParquetError } from '../../parquet/index.js'
import { concurrently } from './concurrently.js'
import type { FileCache } from './fileCache.js'
import type { ImmutableFile } from './immutableFile.js'
import type { LocalFile } from './localFile.js'
import type { FileNeed } from './narrowing.js'
import type { ViewSource } from './viewSource.js'

/** Files extracted at once; each of them has some requests under way. */
const extractedAtOnce = 4

/**
 * The files on the local disk, in their order, those of which no row is needed left out; none when DuckDB could not read
 * any of them. What is `held` keeps them there.
 *
 * @param needs of each file; without them files are brought whole
 */
export async function localFiles(
  cache: FileCache,
  source: ViewSource,
  needs: readonly FileNeed[],
  held: Disposable[],
): Promise<readonly LocalFile[]> {
  const extracted = await concurrently(needs, extractedAtOnce, need => extractFile(cache, source, need, held))
  const rest = needs.filter((_, i) => extracted[i] === undefined)
  const whole = new Map((await wholeFiles(cache, source, rest, held)).map(local => [local.file, local]))
  return needs.flatMap(({ file }, i) => extracted[i] ?? whole.get(file) ?? [])
}

/** Undefined for what is read whole. */
async function extractFile(
  cache: FileCache,
  source: ViewSource,
  { file, extract, groups = [], rows }: FileNeed,
  held: Disposable[],
): Promise<LocalFile | undefined> {
  if (extract === undefined) return undefined
  try {
    const lease = await cache.create(async sink => {
      for await (const piece of extract.pieces()) await sink.write(piece)
    })
    held.push(lease)
    return { file, path: lease.paths[0] ?? '', cut: { rows, groups } }
  } catch (error) {
    if (!(error instanceof ParquetError)) throw error
    source.narrowing?.counts.take(file.size)
    return undefined
  }
}

async function wholeFiles(
  cache: FileCache,
  { store, openFolder }: ViewSource,
  needs: readonly FileNeed[],
  held: Disposable[],
): Promise<readonly LocalFile[]> {
  const objects = await Promise.all(needs.map(({ file }) => locateData(store, file.path, { openFolder })))
  const paths = new Array<string>(needs.length).fill('')
  for (const folder of new Set(objects.map(object => object.store))) {
    const places = objects.flatMap((object, i) => (object.store === folder ? [i] : []))
    const wanted = places.map((i): ImmutableFile => ({
      path: objects[i]?.path ?? '',
      size: needs[i]?.file.size ?? 0,
    }))
    const lease = await cache.lease(folder, wanted)
    held.push(lease)
    places.forEach((place, i) => (paths[place] = lease.paths[i] ?? ''))
  }
  return needs.map(({ file }, i) => ({ file, path: paths[i] ?? '' }))
}
