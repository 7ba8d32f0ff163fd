import { type AddFile, FileSkipper, type Predicate, predicateText, type Snapshot } from '../../delta/index.js'
import type { DuckDbSession } from '../duckdb/index.js'
import { checkCondition } from './conditionCheck.js'
import { parseCondition } from './parsedCondition.js'
import { sqlPredicate } from './sqlPredicate.js'

/** Which files of a table can hold rows that are wanted, and why not the others. */
export interface ChosenFiles {
  /** In the order of the log. */
  readonly chosen: readonly AddFile[]
  /** Files that cannot hold a row by their partition values, and those that cannot by their statistics. */
  readonly skippedByPartition: number
  readonly skippedByStatistics: number
  /** Files that are read although nothing is known of their rows. */
  readonly unmatched: number
  readonly bytesRead: number
  readonly bytesSkipped: number
  /** True wherever the condition is; undefined when nothing can be skipped by it. */
  readonly skips: Predicate | undefined
  /** The same as SQL. */
  readonly predicate: string | undefined
}

/** Which files of a table a condition needs. */
export interface ScanPlan extends ChosenFiles {
  /** Parts of the condition that skip no file. */
  readonly unknown: readonly string[]
  /** Which columns the condition can mean, by name in lower case. */
  readonly isNamed: (name: string) => boolean
}

/** The plan of a full read. */
export function fullScan(snapshot: Pick<Snapshot, 'schema' | 'metadata' | 'files'>): ScanPlan {
  return { ...chooseFiles(snapshot, undefined), unmatched: 0, unknown: [], isNamed: () => false }
}

/** The files that can hold a row for which the predicate is true; all of them without one. */
export function chooseFiles(
  { schema, metadata, files }: Pick<Snapshot, 'schema' | 'metadata' | 'files'>,
  predicate: Predicate | undefined,
  timeZone?: string,
): ChosenFiles {
  const { partitionColumns, configuration } = metadata
  const skipper = new FileSkipper({ schema, partitionColumns, configuration }, { zone: timeZone })
  const chosen: AddFile[] = []
  let [skippedByPartition, skippedByStatistics, unmatched] = [0, 0, 0]
  for (const file of files) {
    const match = predicate === undefined ? 'maybe' : skipper.match(file, predicate)
    if (match !== 'no') {
      chosen.push(file)
      if (predicate === undefined || (match === 'maybe' && file.stats === undefined)) unmatched++
    } else if (predicate !== undefined && skipper.match({ partitionValues: file.partitionValues }, predicate) === 'no')
      skippedByPartition++
    else skippedByStatistics++
  }
  const bytesRead = totalSize(chosen)
  return {
    chosen,
    skippedByPartition,
    skippedByStatistics,
    unmatched,
    bytesRead,
    bytesSkipped: totalSize(files) - bytesRead,
    skips: predicate,
    predicate: predicate && predicateText(predicate, schema, 'plan'),
  }
}

/**
 * Which files of the snapshot can hold rows for which the condition is true. The condition is checked against the table's
 * columns, so that a wrong one is an error even when no file would be read.
 *
 * @throws QueryError QUERY_BAD_SQL
 */
export async function planScan(
  session: DuckDbSession,
  snapshot: Pick<Snapshot, 'schema' | 'metadata' | 'files'>,
  text: string,
  timeZone?: string,
): Promise<ScanPlan> {
  const condition = await parseCondition(session, text, snapshot.schema)
  await checkCondition(session, condition)
  const { predicate, unknown } = await sqlPredicate(session, condition)
  return { ...chooseFiles(snapshot, predicate, timeZone), unknown, isNamed: condition.columns }
}

/** The columns of the table that a SELECT with the plan's condition needs, in the schema's order. */
export function neededColumns(
  { schema }: Pick<Snapshot, 'schema'>,
  selected: readonly string[],
  { isNamed }: Pick<ScanPlan, 'isNamed'>,
): readonly string[] {
  return schema.fields.map(f => f.name).filter(name => selected.includes(name) || isNamed(name.toLowerCase()))
}

function totalSize(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}
