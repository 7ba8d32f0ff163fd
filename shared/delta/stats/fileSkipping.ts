import { columnKey, type DataType, namedValue, type StructField, type Value } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import {
  charPadding,
  hadType,
  hasChars,
  isMapped,
  type Padding,
  parsePartitionValue,
  type PartitionValueOptions,
  storedName,
} from '../schema/index.js'
import { type ColumnFacts, type Match, matchOf, type Predicate, predicateColumns } from './predicate.js'
import { type ColumnStats, type FileStats, parseStats } from './stats.js'
import { type StatsColumn, statsColumns, type StatsShape } from './statsColumns.js'
import { widenedBounds } from './widenedBounds.js'

/**
 * Matches files with a predicate, one by one. Columns are named by key (`a`, `s.x`; see columnPath.ts), values are as in memory. A file
 * without statistics, or with statistics that cannot be read, is `maybe` for all but its partition columns.
 *
 * ```ts
 * const skipper = new FileSkipper(table)
 * const files = adds.filter((add) => skipper.match(add, { op: '=', column: 'event_type', value: 'click' }) !== 'no')
 * ```
 */
export class FileSkipper {
  readonly #partitions: ReadonlyMap<
    string,
    { readonly type: DataType; readonly physical: string; readonly pad: Padding | undefined }
  >
  readonly #columns: readonly StatsColumn[]
  readonly #fields: ReadonlyMap<string, StructField>
  readonly #options: PartitionValueOptions
  #asked: { readonly predicate: Predicate; readonly columns: readonly StatsColumn[] } | undefined

  constructor(table: StatsShape, options: PartitionValueOptions = {}) {
    const mapped = isMapped(table.configuration)
    const partitionNames = new Set(table.partitionColumns)
    this.#partitions = new Map(
      table.schema.fields
        .filter(field => partitionNames.has(field.name))
        .map(field => [
          columnKey([field.name]),
          { type: field.type, physical: storedName(field, mapped), pad: charPadding(field) },
        ]),
    )
    this.#columns = statsColumns(table)
    this.#fields = new Map(this.#columns.map(column => [column.key, column.field]))
    this.#options = options
  }

  match(file: Pick<AddFile, 'partitionValues' | 'stats' | 'deletionVector'>, predicate: Predicate): Match {
    const stats = readStats(file.stats, this.columnsOf(predicate))
    return this.matchRows(file, stats, predicate)
  }

  /** The same for rows of the file of which other statistics are known than the log's; their bounds are exact. */
  matchRows(file: Pick<AddFile, 'partitionValues'>, stats: FileStats | undefined, predicate: Predicate): Match {
    return matchOf(predicate, column => this.#facts(column, file, stats))
  }

  /** The columns inside the files that the predicate names. */
  columnsOf(predicate: Predicate): readonly StatsColumn[] {
    // Most often it is the same one for very many files.
    if (this.#asked?.predicate === predicate) return this.#asked.columns
    const named = new Set(predicateColumns(predicate))
    const columns = this.#columns.filter(({ key }) => named.has(key))
    this.#asked = { predicate, columns }
    return columns
  }

  #facts(
    column: string,
    file: Pick<AddFile, 'partitionValues'>,
    stats: FileStats | undefined,
  ): ColumnFacts | undefined {
    const partition = this.#partitions.get(column)
    if (partition !== undefined) {
      // A key that is absent is a broken log entry, not a null.
      const text = namedValue(file.partitionValues, partition.physical)
      if (text === undefined) return undefined
      const value = readPartition(partition.type, text, this.#options)
      if (value === undefined) return undefined
      if (value === null) return { nulls: 'all' }
      const read = partition.pad === undefined ? value : partition.pad(value)
      return { nulls: 'none', min: read, max: read }
    }
    const found = stats?.columns.get(column)
    const field = this.#fields.get(column)
    return stats === undefined || found === undefined || field === undefined
      ? undefined
      : statFacts(stats, found, field)
  }
}

/**
 * The files that can hold rows for which the predicate is true, in their order.
 *
 * @param table its metadata, and the schema that its rows are read with
 */
export function filesThatMayMatch<File extends Pick<AddFile, 'partitionValues' | 'stats' | 'deletionVector'>>(
  { metadata, schema }: { readonly metadata: Omit<StatsShape, 'schema'>; readonly schema: StatsShape['schema'] },
  files: readonly File[],
  predicate: Predicate,
): readonly File[] {
  const { partitionColumns, configuration } = metadata
  const skipper = new FileSkipper({ schema, partitionColumns, configuration })
  return files.filter(file => skipper.match(file, predicate) !== 'no')
}

function statFacts(stats: FileStats, column: ColumnStats, field: StructField): ColumnFacts {
  const { nullCount } = column
  const nulls =
    nullCount === undefined
      ? 'unknown'
      : nullCount === 0n
        ? 'none'
        : nullCount >= stats.numRecords
          ? 'all'
          : stats.tightBounds === false
            ? 'unknown'
            : 'some'
  // Bounds are of the strings as they are stored, which those that are read may lie beside.
  if (hasChars(field)) return { nulls }
  const max = floatBound(widened(column.max, field.type), field, Math.max)
  // Writers built on Arrow leave NaN out of their bounds, and what wrote a file is not known here.
  const nan = (field.type === 'float' || field.type === 'double') && max !== undefined
  return { nulls, min: floatBound(column.min, field, Math.min), max, nan }
}

/** A column that was of floats has bounds with a float's digits, which as a double are a bit beside the value. */
function floatBound(
  bound: Value | undefined,
  { type, metadata }: StructField,
  outer: (a: number, b: number) => number,
): Value | undefined {
  if (type !== 'double' || typeof bound !== 'number' || !hadType(metadata, 'float')) return bound
  return outer(bound, Math.fround(bound))
}

const maxLong = 2n ** 63n - 1n

/** Times in statistics are cut to milliseconds, so the greatest may be up to one more. */
function widened(max: Value | undefined, type: DataType): Value | undefined {
  if (typeof max !== 'bigint' || (type !== 'timestamp' && type !== 'timestamp_ntz')) return max
  return max > maxLong - 1000n ? maxLong : max + 1000n
}

function readStats(text: string | undefined, columns: readonly StatsColumn[]): FileStats | undefined {
  if (text === undefined || columns.length === 0) return undefined
  try {
    return parseStats(text, columns, undefined, widenedBounds)
  } catch {
    return undefined
  }
}

function readPartition(type: DataType, text: string | null, options: PartitionValueOptions): Value | undefined {
  try {
    return parsePartitionValue(type, text, options)
  } catch {
    return undefined
  }
}
