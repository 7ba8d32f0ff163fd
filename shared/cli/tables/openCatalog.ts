import { folderOpener, type Lake } from '../../pipeline/lake/index.js'
import { LakeCatalog } from '../../query/catalog/index.js'
import type { DuckDbSession } from '../../query/index.js'

/**
 * The lake's tables and views by their SQL names, in a session.
 *
 * @param openPlace the table that `delta('…')` names; without it, `delta()` is refused
 */
export function openCatalog(
  lake: Lake,
  session: DuckDbSession,
  openPlace?: ConstructorParameters<typeof LakeCatalog>[0]['openPlace'],
): LakeCatalog {
  return new LakeCatalog({
    session,
    cache: lake.files,
    streams: lake.streams,
    table: path => lake.table(path),
    openFolder: folderOpener(lake.settings),
    openPlace,
  })
}
