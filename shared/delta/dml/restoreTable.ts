import { systemClock } from '../../clock.js'
import type { ObjectStore } from '../../storage/index.js'
import {
  type Action,
  type AddFile,
  fileKey,
  locateData,
  type Metadata,
  type OpenFolder,
  removedFile,
} from '../actions/index.js'
import { deletionVectorPath } from '../deletionVectors/index.js'
import { DeltaError } from '../deltaError.js'
import {
  featuresOf,
  isOn,
  keptFeatures,
  protocolForChange,
  requireReadable,
  requireWritableRows,
} from '../protocol/index.js'
import { isMapped } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import { clusteringAction, clusteringColumns, clusteringDomain, type DeltaTable, logicalPaths } from '../table/index.js'
import { type Plan, planAndCommit, type WriteOptions, type WriteOutcome } from '../write/index.js'

/** A version, or the newest that was there at a time in milliseconds since 1970. */
export type RestoreTarget = { readonly version: number } | { readonly timestamp: number }

/** How {@link restoreTable} restores; a missing file is an error unless `ignoreMissingFiles` is given. */
export interface RestoreOptions extends WriteOptions {
  /** Restore what is left when files of the old version were deleted, by VACUUM or by hand. */
  readonly ignoreMissingFiles?: boolean | undefined
}

/**
 * Makes the table again what it was at an older version, by one new version: files removed since come back, deletion
 * vectors and row ids as they were, files added since are removed, schema, properties, partitioning and clustering
 * columns are the old ones. The protocol keeps every feature it has, and row ids already given out are not given again;
 * transactions of applications and metadata of other domains stay as they are. Rows appended since go, so anything that
 * others commit meanwhile is a conflict; `maxPlans` above 1 plans again instead.
 *
 * ```ts
 * const outcome = await restoreTable(table, { version: 41 })
 * ```
 *
 * @throws DeltaError DELTA_NO_VERSION, DELTA_FILE_MISSING with the missing files before anything is written,
 * DELTA_APPEND_ONLY, DELTA_UNSUPPORTED_FEATURE
 */
export function restoreTable(
  table: DeltaTable,
  to: RestoreTarget,
  options: RestoreOptions = {},
): Promise<WriteOutcome> {
  return planAndCommit(table, { maxPlans: 1, ...options }, snapshot => planRestore(table, snapshot, to, options))
}

/** What a restore on `current` would commit; undefined when the table is as it was. Writes nothing. */
export async function planRestore(
  table: DeltaTable,
  current: Snapshot,
  to: RestoreTarget,
  options: RestoreOptions = {},
): Promise<Plan | undefined> {
  const where = { table: table.url, version: current.version }
  requireWritableRows(current, 'change', keptFeatures, where)
  const version = 'version' in to ? to.version : await table.versionAt(to.timestamp, { toNewest: true })
  const old = await table.snapshot(version === undefined ? {} : { version })
  if (old === undefined) throw new DeltaError('DELTA_NO_TABLE', 'the table is gone', { where })
  requireReadable(old, { table: table.url, version: old.version })
  const adds = without(old.files, current.files).map(add => ({ ...add, dataChange: true }))
  const now = (options.clock ?? systemClock).now()
  const removes = without(current.files, old.files).map(add => removedFile(add, now))
  if (options.ignoreMissingFiles !== true) await requireFiles(table.store, adds, old.version, options.openFolder)
  const actions: Action[] = [
    ...stateActions(current, old),
    ...removes.map(remove => ({ remove })),
    ...adds.map(add => ({ add })),
  ]
  if (actions.length === 0) return undefined
  const metrics = {
    numRestoredFiles: BigInt(adds.length),
    restoredFilesSize: totalSize(adds),
    numRemovedFiles: BigInt(removes.length),
    removedFilesSize: totalSize(removes),
    numOfFilesAfterRestore: BigInt(old.numFiles),
    tableSizeAfterRestore: old.sizeInBytes,
  }
  return {
    transaction: {
      actions,
      operation: 'RESTORE',
      operationParameters:
        'version' in to
          ? { version: to.version, timestamp: null }
          : { version: null, timestamp: timeText(to.timestamp) },
      operationMetrics: metrics,
      info: options.info,
      isBlindAppend: false,
      reads: { files: 'all', appIds: () => false },
      keeps: keptFeatures,
    },
    metrics,
    written: [],
  }
}

/** Those of `files` that `others` lacks, or has under another deletion vector. */
function without(files: readonly AddFile[], others: readonly AddFile[]): AddFile[] {
  const known = new Set(others.map(fileKey))
  return files.filter(file => !known.has(fileKey(file)))
}

/** The actions of a restore besides those of its files. */
function stateActions(current: Snapshot, old: Snapshot): Action[] {
  const actions: Action[] = []
  const metaData = restoredMetadata(current.metadata, old.metadata)
  const asked = { features: [...featuresOf(old.protocol)] }
  const protocol = protocolForChange(current.protocol, old.schema, metaData.configuration, asked)
  if (protocol !== current.protocol) actions.push({ protocol })
  if (metadataText(metaData) !== metadataText(current.metadata)) actions.push({ metaData })
  const clustering = restoredClustering(current, old)
  if (clustering !== undefined) actions.push(clustering)
  return actions
}

const enablement: ReadonlySet<string> = new Set([
  'delta.inCommitTimestampEnablementVersion',
  'delta.inCommitTimestampEnablementTimestamp',
])
const inCommitTimestamps = 'delta.enableInCommitTimestamps'
const maxColumnId = 'delta.columnMapping.maxColumnId'

/** The old metadata, but for what the log in between has made true for good. */
function restoredMetadata({ configuration: now }: Metadata, old: Metadata): Metadata {
  let { configuration } = old
  // The version and time at which in-commit timestamps were enabled have not changed when they are on before and after.
  if (isOn(now, inCommitTimestamps) && isOn(configuration, inCommitTimestamps)) {
    const isEnablement = ([name]: readonly [string, string]) => enablement.has(name)
    configuration = Object.fromEntries([
      ...Object.entries(configuration).filter(entry => !isEnablement(entry)),
      ...Object.entries(now).filter(isEnablement),
    ])
  }
  // Ids of columns that are given up are not given to others.
  const maxId = now[maxColumnId] ?? '0'
  if (isMapped(configuration) && Number(maxId) > Number(configuration[maxColumnId] ?? 0))
    configuration = { ...configuration, [maxColumnId]: maxId }
  return { ...old, configuration }
}

function metadataText(metadata: Metadata): string {
  const { id, name, description, format, schemaString, partitionColumns, configuration } = metadata
  const sorted = Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([id, name, description, format, schemaString, partitionColumns, sorted])
}

/** Clustering by the columns of then, or by none where the table was not clustered. */
function restoredClustering(current: Snapshot, old: Snapshot): Action | undefined {
  const columns = clusteringColumns(old) ?? []
  const known = current.domains.get(clusteringDomain)
  if (known === undefined && columns.length === 0) return undefined
  if (known !== undefined && JSON.stringify(clusteringColumns(current)) === JSON.stringify(columns)) return undefined
  return clusteringAction(old.schema, logicalPaths(old.schema, columns))
}

/** How many files are looked for at once, and how many missing ones a message names. */
const atOnce = 16
const maxNamed = 5

async function requireFiles(
  store: ObjectStore,
  adds: readonly AddFile[],
  version: number,
  openFolder: OpenFolder | undefined,
): Promise<void> {
  const paths = [
    ...new Set(
      adds.flatMap(({ path, deletionVector: vector }) =>
        vector === undefined || vector.storageType === 'i'
          ? [path]
          : [path, deletionVectorPath(vector, { table: store.url, version })],
      ),
    ),
  ]
  const missing: string[] = []
  for (let start = 0; start < paths.length; start += atOnce) {
    const found = await Promise.all(
      paths.slice(start, start + atOnce).map(async path => {
        const object = await locateData(store, path, { openFolder, where: { table: store.url, version } })
        return (await object.store.head(object.path)) === undefined ? [path] : []
      }),
    )
    missing.push(...found.flat())
  }
  if (missing.length === 0) return
  const named = missing.slice(0, maxNamed).join(', ') + (missing.length > maxNamed ? ', …' : '')
  throw new DeltaError(
    'DELTA_FILE_MISSING',
    `version ${version} cannot be restored: ${missing.length} of its files are gone, by VACUUM or by hand (${named}); restore a later version, or ignore missing files`,
    { where: { table: store.url, version }, data: { files: missing.join('\n') } },
  )
}

function totalSize(files: readonly { readonly size?: number | undefined }[]): bigint {
  return files.reduce((sum, { size }) => sum + BigInt(size ?? 0), 0n)
}

/** As `DESCRIBE HISTORY` shows it: `2025-04-01 12:00:00.0`. */
function timeText(timestamp: number): string {
  const [day = '', time = ''] = new Date(timestamp).toISOString().replace('Z', '').split('T')
  return `${day} ${time.replace(/0{1,2}$/, '')}`
}
