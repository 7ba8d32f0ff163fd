import { type AddFile, FileSkipper, type Predicate, predicateText, type Snapshot } from '../../delta/index.js'
import type { DuckDbSession } from '../duckdb/index.js'
import { checkCondition } from './conditionCheck.js'
import { parseCondition } from './parsedCondition.js'
import { sqlPredicate } from './sqlPredicate.js'

/** Which files of a table a condition needs, and why not the others. */
export interface ScanPlan {
  /** In the order of the log. */
  readonly files: readonly AddFile[]
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
  /** Parts of the condition that skip no file. */
  readonly unknown: readonly string[]
  /** Which columns the condition can mean, by name in lower case. */
  readonly isNamed: (name: string) => boolean
}

/** The plan of a full read. */
export function fullScan({ files }: Pick<Snapshot, 'files'>): ScanPlan {
  const bytesRead = totalSize(files)
  return {
    files,
    skippedByPartition: 0,
    skippedByStatistics: 0,
    unmatched: 0,
    bytesRead,
    bytesSkipped: 0,
    skips: undefined,
    predicate: undefined,
    unknown: [],
    isNamed: () => false,
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
  { schema, metadata, files }: Pick<Snapshot, 'schema' | 'metadata' | 'files'>,
  text: string,
  timeZone?: string,
): Promise<ScanPlan> {
  const condition = await parseCondition(session, text, schema)
  await checkCondition(session, condition)
  const { predicate, unknown } = await sqlPredicate(session, condition)
  const isNamed = condition.columns
  if (predicate === undefined) return { ...fullScan({ files }), unmatched: files.length, unknown, isNamed }
  const { partitionColumns, configuration } = metadata
  const skipper = new FileSkipper({ schema, partitionColumns, configuration }, { zone: timeZone })
  const wanted: AddFile[] = []
  let [skippedByPartition, skippedByStatistics, unmatched] = [0, 0, 0]
  for (const file of files) {
    const match = skipper.match(file, predicate)
    const byPartition = match === 'all' ? match : skipper.match({ partitionValues: file.partitionValues }, predicate)
    if (match !== 'no') {
      wanted.push(file)
      if (match === 'maybe' && file.stats === undefined) unmatched++
    } else if (byPartition === 'no') skippedByPartition++
    else skippedByStatistics++
  }
  const bytesRead = totalSize(wanted)
  return {
    files: wanted,
    skippedByPartition,
    skippedByStatistics,
    unmatched,
    bytesRead,
    bytesSkipped: totalSize(files) - bytesRead,
    skips: predicate,
    predicate: predicateText(predicate, schema, 'plan'),
    unknown,
    isNamed,
  }
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
