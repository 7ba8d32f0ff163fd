import type { Clock } from '../../clock.js'
import { quotedColumn } from '../../types/index.js'
import { type Action, type AddFile, canonicalPath, removedFile, type RemoveFile } from '../actions/index.js'
import { holdsPartitionColumns, keepsRowIds } from '../dataFiles/index.js'
import { readCommitFile } from '../log/index.js'
import { checkWritable, type TableState } from '../protocol/index.js'
import { mappingMode } from '../schema/index.js'
import { liveRowCount } from '../stats/index.js'
import type { DeltaTable } from '../table/index.js'
import type { OptimizeMetrics } from './optimizeOptions.js'
import type { Candidate } from './rewriter.js'

/** Files and those that replace them. */
export interface Replacement {
  readonly files: readonly Candidate[]
  readonly adds: readonly AddFile[]
  readonly clusterBy: readonly (readonly string[])[]
}

/**
 * The answer of {@link commitReplacements}: `dropped` are the replacements that are not in the table and whose new
 * files are not needed.
 */
export type ReplacementOutcome = { readonly dropped: readonly Replacement[] } & (
  | {
      readonly kind: 'committed'
      readonly version: number
      readonly metrics: OptimizeMetrics
      /** Of the new files; 0 where these do not say it. */
      readonly rows: number
    }
  /** All were dropped, or there was never anything. */
  | { readonly kind: 'nothing' }
  /** The table has changed: the new files do not fit it. */
  | { readonly kind: 'stale'; readonly version: number }
)

/** How often a commit that nothing forbids is started again when others are always faster. */
const maxRounds = 5

/**
 * Commits replacements, leaving out those whose files others have changed since `planned`. Depends on exactly the files
 * it replaces, so whatever is appended meanwhile stays.
 */
export async function commitReplacements(
  table: DeltaTable,
  planned: TableState,
  replacements: readonly Replacement[],
  clock: Clock,
): Promise<ReplacementOutcome> {
  let left = replacements.filter(({ files, adds }) => files.length > 0 || adds.length > 0)
  const dropped: Replacement[] = []
  let readVersion = planned.version
  for (let round = 1; left.length > 0;) {
    const metrics = metricsOf(left)
    const replaced = pathsOf(left)
    const outcome = await table.commit({
      readVersion,
      actions: actionsOf(left, clock.now()),
      operation: 'OPTIMIZE',
      operationParameters: {
        predicate: '[]',
        zOrderBy: '[]',
        clusterBy: JSON.stringify((left[0]?.clusterBy ?? []).map(quotedColumn)),
        auto: false,
      },
      operationMetrics: { ...metrics, ...sizesOf(left), numDeletionVectorsRemoved: vectorsOf(left) },
      isBlindAppend: false,
      reads: { files: add => replaced.has(canonicalPath(add.path)), appIds: () => false },
    })
    if (outcome.kind === 'committed')
      return { kind: 'committed', version: outcome.version, metrics, rows: rowsOf(left), dropped }
    if (outcome.reason === 'tooManyAttempts') {
      if (++round > maxRounds) return { kind: 'nothing', dropped: [...dropped, ...left] }
      continue
    }
    if (outcome.reason === 'metadataChanged' || outcome.reason === 'protocolChanged') {
      if (!(await stillFits(table, planned)))
        return { kind: 'stale', version: outcome.version, dropped: [...dropped, ...left] }
    }
    const touched = await touchedBy(table, outcome.version)
    const gone = left.filter(({ files }) => files.some(({ path }) => touched.has(canonicalPath(path))))
    dropped.push(...gone)
    left = left.filter(replacement => !gone.includes(replacement))
    // Commits before this version were checked already, and do not conflict.
    readVersion = outcome.version
  }
  return { kind: 'nothing', dropped }
}

/** Whether files made for `planned` are still files of the table as it is now. */
async function stillFits(table: DeltaTable, planned: TableState): Promise<boolean> {
  const now = await table.state({ fresh: true })
  if (now === undefined || now.metadata.id !== planned.metadata.id) return false
  return (
    now.metadata.schemaString === planned.metadata.schemaString &&
    now.metadata.partitionColumns.join('\n') === planned.metadata.partitionColumns.join('\n') &&
    mappingMode(now.metadata.configuration) === mappingMode(planned.metadata.configuration) &&
    // Files written before do not have what the table requires of them now.
    keepsRowIds(now) === keepsRowIds(planned) &&
    holdsPartitionColumns(now.protocol) === holdsPartitionColumns(planned.protocol) &&
    checkWritable(now.protocol, now.metadata, now.schema, 'rearrange').ok
  )
}

async function touchedBy({ store }: DeltaTable, version: number): Promise<ReadonlySet<string>> {
  const touched = new Set<string>()
  for (const action of (await readCommitFile(store, version))?.actions ?? []) {
    if ('add' in action) touched.add(canonicalPath(action.add.path))
    else if ('remove' in action) touched.add(canonicalPath(action.remove.path))
  }
  return touched
}

function actionsOf(replacements: readonly Replacement[], now: number): Action[] {
  return replacements.flatMap(({ files, adds }) => [
    ...adds.map((add): Action => ({ add })),
    ...files.map((file): Action => ({ remove: rearrangedFile(file, now) })),
  ])
}

/** The `remove` of a file whose rows are in other files now. */
function rearrangedFile(file: Candidate, now: number): RemoveFile {
  const stats =
    file.records === undefined ? undefined : `{"numRecords":${file.records + (file.deletionVector?.cardinality ?? 0n)}}`
  return { ...removedFile(file, now), dataChange: false, stats }
}

function pathsOf(replacements: readonly Replacement[]): ReadonlySet<string> {
  return new Set(replacements.flatMap(({ files }) => files.map(({ path }) => canonicalPath(path))))
}

function metricsOf(replacements: readonly Replacement[]): OptimizeMetrics {
  const files = replacements.flatMap(replacement => replacement.files)
  const adds = replacements.flatMap(replacement => replacement.adds)
  const bytes = (list: readonly AddFile[]) => list.reduce((sum, { size }) => sum + size, 0)
  return {
    numRemovedFiles: files.length,
    numRemovedBytes: bytes(files),
    numAddedFiles: adds.length,
    numAddedBytes: bytes(adds),
  }
}

function rowsOf(replacements: readonly Replacement[]): number {
  return Number(liveRowCount(replacements.flatMap(({ adds }) => adds)) ?? 0n)
}

/** Of the new files, by the names that other engines use. */
function sizesOf(replacements: readonly Replacement[]): Readonly<Record<string, number>> {
  const sizes = replacements.flatMap(({ adds }) => adds.map(({ size }) => size)).sort((a, b) => a - b)
  const at = (share: number) => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0
  return { minFileSize: at(0), p25FileSize: at(0.25), p50FileSize: at(0.5), p75FileSize: at(0.75), maxFileSize: at(1) }
}

function vectorsOf(replacements: readonly Replacement[]): number {
  return replacements.reduce(
    (sum, { files }) => sum + files.filter(file => file.deletionVector !== undefined).length,
    0,
  )
}
