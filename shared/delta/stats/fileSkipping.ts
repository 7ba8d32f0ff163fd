import { columnKey, compareValues, type DataType, namedValue, type StructField, type Value } from '../../types/index.js'
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
import { outerBounds } from './outerBounds.js'
import { type ColumnStats, type FileStats, parseStats } from './stats.js'
import { type StatsColumn, statsColumns, type StatsShape } from './statsColumns.js'

/**
 * Which files of a table can hold rows that a predicate is true for, from partition values and statistics alone.
 */
export type Predicate =
  | { readonly op: '=' | '<' | '<=' | '>' | '>='; readonly column: string; readonly value: Value }
  | { readonly op: 'in'; readonly column: string; readonly values: readonly Value[] }
  | { readonly op: 'isNull' | 'isNotNull'; readonly column: string }
  | { readonly op: 'and' | 'or'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }

/** Of a file's rows, the predicate is true for none, for all, or it is unknown. */
export type Match = 'no' | 'maybe' | 'all'

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
    const named = new Set(predicateColumns(predicate))
    const stats = readStats(
      file.stats,
      this.#columns.filter(column => named.has(column.key)),
    )
    const [never, always] = certaintyOf(predicate, column => this.#facts(column, file, stats))
    return never ? 'no' : always ? 'all' : 'maybe'
  }

  #facts(column: string, file: Pick<AddFile, 'partitionValues'>, stats: FileStats | undefined): Facts | undefined {
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

/** What is known of a column's values in a file. */
interface Facts {
  readonly nulls: 'none' | 'some' | 'all' | 'unknown'
  readonly min?: Value | undefined
  /** NaN, which is above all numbers, only where every writer would record it. */
  readonly max?: Value | undefined
  /** There may be NaN although `max` is a number. */
  readonly nan?: boolean | undefined
}

/** `[never, always]`: the predicate is true for no row; it is true for every row. */
type Certainty = readonly [never: boolean, always: boolean]
const unknown: Certainty = [false, false]

function certaintyOf(predicate: Predicate, factsOf: (column: string) => Facts | undefined): Certainty {
  switch (predicate.op) {
    case 'and': {
      const parts = predicate.of.map(part => certaintyOf(part, factsOf))
      return [
        parts.some(([never]) => never) || isNeverOfNumbers(predicate.of, factsOf),
        parts.every(([, always]) => always),
      ]
    }
    case 'or': {
      const parts = predicate.of.map(part => certaintyOf(part, factsOf))
      return [parts.every(([never]) => never), parts.some(([, always]) => always)]
    }
    case 'not':
      return certaintyOfNot(predicate.of, factsOf)
    case 'in': {
      const parts = predicate.values.map(value => certaintyOfComparison('=', value, factsOf(predicate.column)))
      return [parts.every(([never]) => never), parts.some(([, always]) => always)]
    }
    case 'isNull':
    case 'isNotNull': {
      const nulls = factsOf(predicate.column)?.nulls
      const isNull: Certainty = [nulls === 'none', nulls === 'all']
      return predicate.op === 'isNull' ? isNull : [isNull[1], isNull[0]]
    }
    default:
      return certaintyOfComparison(predicate.op, predicate.value, factsOf(predicate.column))
  }
}

/** Whether parts that must all be true are so for no row, given that some of them rule out NaN in the columns of others. */
function isNeverOfNumbers(parts: readonly Predicate[], factsOf: (column: string) => Facts | undefined): boolean {
  const numbers = new Set(parts.flatMap(part => (isBelowNaN(part) ? [part.column] : [])))
  if (numbers.size === 0) return false
  const ofNumbers = (column: string): Facts | undefined => {
    const facts = factsOf(column)
    return facts?.nan === true && numbers.has(column) ? { ...facts, nan: false } : facts
  }
  return parts.some(part => certaintyOf(part, ofNumbers)[0])
}

function isBelowNaN(part: Predicate): part is Extract<Predicate, { readonly value: Value }> {
  return (
    (part.op === '<' || part.op === '<=' || part.op === '=') &&
    typeof part.value === 'number' &&
    !Number.isNaN(part.value)
  )
}

const opposite = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const

/** `not` pushed down to the comparisons, because the negation of an unknown comparison with null is not true either. */
function certaintyOfNot(predicate: Predicate, factsOf: (column: string) => Facts | undefined): Certainty {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return certaintyOf(
        { op: predicate.op === 'and' ? 'or' : 'and', of: predicate.of.map(of => ({ op: 'not', of })) },
        factsOf,
      )
    case 'not':
      return certaintyOf(predicate.of, factsOf)
    case 'isNull':
      return certaintyOf({ ...predicate, op: 'isNotNull' }, factsOf)
    case 'isNotNull':
      return certaintyOf({ ...predicate, op: 'isNull' }, factsOf)
    case '=':
      return certaintyOfUnequal([predicate.value], factsOf(predicate.column))
    case 'in':
      return certaintyOfUnequal(predicate.values, factsOf(predicate.column))
    default:
      return certaintyOf({ ...predicate, op: opposite[predicate.op] }, factsOf)
  }
}

function certaintyOfComparison(op: '=' | '<' | '<=' | '>' | '>=', value: Value, facts: Facts | undefined): Certainty {
  // A comparison with null is never true, and nor is one of a null.
  if (value === null || facts?.nulls === 'all') return [true, false]
  if (facts === undefined) return unknown
  const min = order(facts.min, value)
  const max = order(facts.nan === true ? NaN : facts.max, value)
  const isAbove = facts.nan === true && !Number.isNaN(value) ? order(facts.max, value) < 0 : max < 0
  const [never, always] = {
    '=': [min > 0 || isAbove, min >= 0 && max <= 0],
    '<': [min >= 0, max < 0],
    '<=': [min > 0, max <= 0],
    '>': [max <= 0, min > 0],
    '>=': [max < 0, min >= 0],
  }[op] as [boolean, boolean]
  return [never, always && facts.nulls === 'none']
}

function certaintyOfUnequal(values: readonly Value[], facts: Facts | undefined): Certainty {
  // A null is not in an empty list either, where against any value it would be unknown.
  if (values.length === 0) return [false, true]
  if (values.includes(null) || facts?.nulls === 'all') return [true, false]
  const equal = values.map(value => certaintyOfComparison('=', value, facts && { ...facts, nulls: 'none' }))
  return [equal.some(([, always]) => always), equal.every(([never]) => never) && facts?.nulls === 'none']
}

/** NaN, which is neither above nor below nor equal, when the bound is unknown. */
function order(bound: Value | undefined, value: Value): number {
  return bound === undefined ? NaN : (compareValues(bound, value) ?? NaN)
}

function statFacts(stats: FileStats, column: ColumnStats, field: StructField): Facts {
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
    return parseStats(text, columns, undefined, outerBounds)
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

/** The keys of the columns that a predicate names, see {@link columnKey}. */
export function predicateColumns(predicate: Predicate): readonly string[] {
  switch (predicate.op) {
    case 'and':
    case 'or':
      return predicate.of.flatMap(predicateColumns)
    case 'not':
      return predicateColumns(predicate.of)
    default:
      return [predicate.column]
  }
}
