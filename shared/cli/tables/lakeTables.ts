import { sqlName, tablePath } from '../../contract/index.js'
import { findTables } from '../../delta/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import { identifier } from '../../query/index.js'
import { lakeTableNames } from './tableNames.js'

/** A table of the lake. */
export interface LakeTable {
  /** As SQL has it: `bronze.events`; quoted where a folder's name has a dot or a sign that SQL does not take in a name. */
  readonly name: string
  /** Its folder. */
  readonly path: string
}

/** Every table of the lake: those of the streams in their order, then all others by name. Walks the lake's folders. */
export async function lakeTables(lake: Lake): Promise<readonly LakeTable[]> {
  const known = lakeTableNames(lake.streams).map(name => ({ name, path: tablePath(name) }))
  const found = await findTables(lake.store)
  const others = found.filter(path => !known.some(table => table.path === path))
  return [...known.filter(table => found.includes(table.path)), ...others.map(path => ({ name: nameOf(path), path }))]
}

function nameOf(path: string): string {
  const parts = path.split('/')
  return parts.every(part => /^[A-Za-z_]\w*$/.test(part))
    ? sqlName(path)
    : parts.map(part => (/^[A-Za-z_]\w*$/.test(part) ? part : identifier(part))).join('.')
}
