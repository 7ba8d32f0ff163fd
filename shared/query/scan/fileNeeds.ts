import {
  type AddFile,
  type ColumnLayout,
  columnLayout,
  FileSkipper,
  type FileStats,
  locateData,
  physicalNameOf,
  type Predicate,
  type StatsColumn,
} from '../../delta/index.js'
import { type ExtractableFile, openExtractable } from '../../parquet/extract/index.js'
import { objectStoreSource, ParquetError, type ParquetFile, type RowGroupInfo } from '../../parquet/index.js'
import type { StructField } from '../../types/index.js'
import { concurrently } from './concurrently.js'
import { FetchCounts, type FileNeed, type Narrowing } from './narrowing.js'
import { type ViewSource, wantedFields } from './viewSource.js'

/** Footers read at once. */
const openedAtOnce = 8

/** What has to be read of each of the source's files: their footers are read to know it, and nothing else. */
export async function fileNeeds(
  source: ViewSource & { readonly narrowing: Narrowing },
  fields: readonly StructField[],
  layout: ColumnLayout,
): Promise<readonly FileNeed[]> {
  const { schema, metadata } = source.state
  const { partitionColumns, configuration } = metadata
  const skipper = new FileSkipper({ schema, partitionColumns, configuration }, { zone: source.timeZone })
  return concurrently(source.files, openedAtOnce, async (file): Promise<FileNeed> => {
    const { store, path } = await locateData(source.store, file.path, source)
    const { counts } = source.narrowing
    try {
      const opened = await openExtractable(objectStoreSource(store, path, file.size))
      const groups = neededGroups(opened, file, skipper, layout, source.narrowing)
      const names = namesIn(opened.file, fields, layout)
      const extract = groups.length === 0 ? undefined : opened.plan(name => names.has(name.toLowerCase()), groups)
      counts.take(opened.openedBytes + (extract?.fetchedBytes ?? 0))
      counts.rowGroups += opened.file.rowGroups.length
      counts.rowGroupsRead += groups.length
      // Of a file in place only what is needed is read.
      return { file, groups, extract: store.localPath === undefined ? extract : undefined, rows: opened.file.rowCount }
    } catch (error) {
      // Who reads it whole knows more of it, or says what is wrong with it.
      if (!(error instanceof ParquetError)) throw error
      counts.take(file.size)
      return { file, rows: 0 }
    }
  })
}

/** As `countFetched`. */
export async function countNeeds(source: ViewSource, predicate?: Predicate): Promise<FetchCounts> {
  const counts = new FetchCounts()
  const layout = columnLayout(source.state, { table: source.store.url })
  await fileNeeds({ ...source, narrowing: { predicate, counts } }, wantedFields(source), layout)
  return counts
}

/** The row groups that can hold a row for which the predicate is true. */
function neededGroups(
  opened: ExtractableFile,
  file: AddFile,
  skipper: FileSkipper,
  { match }: ColumnLayout,
  { predicate }: Narrowing,
): readonly RowGroupInfo[] {
  // By id a column is found in other ways than a name says.
  if (predicate === undefined || match === 'id') return opened.file.rowGroups
  const columns = skipper.columnsOf(predicate)
  return opened.file.rowGroups.filter(
    group => skipper.matchRows(file, statsOf(group, columns, opened), predicate) !== 'no',
  )
}

function statsOf(group: RowGroupInfo, columns: readonly StatsColumn[], opened: ExtractableFile): FileStats {
  const numRecords = BigInt(group.rows)
  return {
    numRecords,
    columns: new Map(
      columns.flatMap(({ key, physicalPath, field }) => {
        const known = opened.bounds(group, physicalPath)
        if (known === undefined) return []
        if (known === 'absent') return [[key, { nullCount: numRecords }]]
        const { nullCount } = known
        return [[key, { ...known.as(field.type), nullCount: nullCount === undefined ? undefined : BigInt(nullCount) }]]
      }),
    ),
  }
}

/** The names that the fields have in a file, in lower case: DuckDB finds a column in whatever letter case it is. */
function namesIn(file: ParquetFile, fields: readonly StructField[], layout: ColumnLayout): ReadonlySet<string> {
  const stored = fields.filter(field => layout.placeOf(field).kind === 'stored')
  if (layout.match === 'id') {
    const ids = new Set(stored.map(field => field.metadata?.[columnId]))
    const found = file.fields.filter(field => field.metadata !== undefined && ids.has(field.metadata[columnId]))
    return new Set(found.map(({ name }) => name.toLowerCase()))
  }
  return new Set(stored.map(field => (layout.match === 'name' ? field.name : physicalNameOf(field)).toLowerCase()))
}

const columnId = 'delta.columnMapping.id'
