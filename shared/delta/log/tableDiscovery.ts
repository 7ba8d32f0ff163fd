import type { ObjectStore } from '../../storage/index.js'

/** How deep a lake's tables are looked for: beyond it there are partitions of something that is no table. */
const deepest = 8

/**
 * The folders below a store's root that are tables, those with a `_delta_log/`, in the order of their names. One listing a
 * folder, and none inside a table, whose folders may be many.
 */
export async function findTables(store: ObjectStore): Promise<readonly string[]> {
  const tables: string[] = []
  let level = ['']
  for (let depth = 0; depth < deepest && level.length > 0; depth++) {
    const below: string[] = []
    for (const folder of level) {
      const names = await store.folders(folder)
      if (names.includes('_delta_log')) {
        if (folder !== '') tables.push(folder)
      } else below.push(...names.map(name => (folder === '' ? name : `${folder}/${name}`)))
    }
    level = below
  }
  return tables.sort()
}
