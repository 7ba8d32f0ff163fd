import { chunks, quotedColumn } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'

/**
 * Clustering: which files are sorted along the clustering columns already, and which are to be. Recorded as other
 * engines do: the files that were sorted together (a cube) have tags with the cube's id and its columns.
 */

const cubeIdTag = 'ZCUBE_ID'
const cubeColumnsTag = 'ZCUBE_ZORDER_BY'
const cubeCurveTag = 'ZCUBE_ZORDER_CURVE'
const cubeTags: ReadonlySet<string> = new Set([cubeIdTag, cubeColumnsTag, cubeCurveTag])

/** The tags of a cube's files. */
export function cubeTagsOf(id: string, columns: readonly (readonly string[])[]): Readonly<Record<string, string>> {
  return { [cubeIdTag]: id, [cubeColumnsTag]: columnsText(columns), [cubeCurveTag]: 'hilbert' }
}

function columnsText(columns: readonly (readonly string[])[]): string {
  return JSON.stringify(columns.map(quotedColumn))
}

/** The tags that all of the files have in common, without those of cubes: what holds for a file built from them. */
export function commonTags(
  files: readonly Pick<AddFile, 'tags'>[],
): Readonly<Record<string, string | null>> | undefined {
  const [first, ...rest] = files
  const common = Object.entries(first?.tags ?? {}).filter(
    ([name, value]) => !cubeTags.has(name) && rest.every(({ tags }) => tags?.[name] === value),
  )
  return common.length === 0 ? undefined : Object.fromEntries(common)
}

/** By which sizes {@link planCubes} chooses what is sorted again. */
export interface CubeLimits {
  /** Bytes of a cube that is never rewritten. */
  readonly full: number
  /** Bytes that are sorted at once. */
  readonly most: number
  /** Bytes of a file that is worth sorting on its own. */
  readonly target: number
  /** Fewer new files than this wait for more. */
  readonly minFiles: number
}

type Clustered = Pick<AddFile, 'tags' | 'size'>

/**
 * The lists of files to be sorted again, each into a cube: the new ones, and those older cubes that have not more bytes
 * than what is sorted already. So a row is sorted again only when its cube at least doubles, and without new files
 * there is nothing to do.
 */
export function planCubes<T extends Clustered>(
  files: readonly T[],
  columns: readonly (readonly string[])[],
  { full, most, target, minFiles }: CubeLimits,
): T[][] {
  const wanted = columnsText(columns)
  const fresh: T[] = []
  const cubes = new Map<string, T[]>()
  for (const file of files) {
    const id = file.tags?.[cubeColumnsTag] === wanted ? file.tags[cubeIdTag] : undefined
    if (typeof id !== 'string') {
      fresh.push(file)
      continue
    }
    const cube = cubes.get(id)
    if (cube === undefined) cubes.set(id, [file])
    else cube.push(file)
  }
  let bytes = sizeOf(fresh)
  if (fresh.length === 0 || (fresh.length < minFiles && bytes < target)) return []
  const picked = [...fresh]
  const bySize = [...cubes.values()].sort((a, b) => sizeOf(a) - sizeOf(b))
  for (const cube of bySize) {
    const size = sizeOf(cube)
    if (size > bytes || size >= full || bytes + size > most) break
    picked.push(...cube)
    bytes += size
  }
  // One small file has nothing to be sorted with.
  return chunks(picked, file => file.size, most).filter(part => part.length > 1 || sizeOf(part) > target)
}

function sizeOf(files: readonly Clustered[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}
