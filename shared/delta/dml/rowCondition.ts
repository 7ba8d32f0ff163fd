import type { StructField, StructType } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import { DeltaError } from '../deltaError.js'
import type { Snapshot } from '../snapshot/index.js'
import { FileSkipper, type Match, type Predicate, predicateColumns, predicateText } from '../stats/index.js'
import type { Reads } from '../transaction/index.js'
import { type Condition, type Expressions, type Rows } from '../write/index.js'
import { fittedPredicate, predicateFields, testRows } from './rowPredicate.js'

/** A condition, prepared for the files and rows of one version of a table. */
export interface RowCondition {
  /** As `DESCRIBE HISTORY` shows it; undefined when there is none, and every row is meant. */
  readonly text: string | undefined
  /** The top-level columns that {@link test} needs. */
  readonly fields: readonly StructField[]
  /** The verdict of a file's partition values and statistics; `all` only where they can be relied on. */
  match(file: AddFile): Match
  /** For each row 1 when the condition is true of it. */
  test(rows: Rows): Promise<Uint8Array>
  /** Which files a change by the condition depends on. */
  readonly reads: Reads['files']
}

/** What a condition needs of a snapshot. */
export type ConditionTable = Pick<Snapshot, 'version' | 'metadata' | 'schema'>

/**
 * @throws DeltaError DELTA_NO_COLUMN, DELTA_UNSUPPORTED_TYPE, or DELTA_UNSUPPORTED_FEATURE for SQL when no engine was
 * passed; for SQL also what the engine throws
 */
export async function rowCondition(
  condition: Condition | undefined,
  table: ConditionTable,
  { expressions, url }: { readonly expressions?: Expressions | undefined; readonly url: string },
): Promise<RowCondition> {
  if (condition === undefined) {
    return {
      text: undefined,
      fields: [],
      match: () => 'all',
      test: ({ count }) => Promise.resolve(new Uint8Array(count).fill(1)),
      reads: 'all',
    }
  }
  const where = { table: url, version: table.version }
  if (typeof condition !== 'string') {
    const predicate = fittedPredicate(condition, table.schema, where)
    const skipper = skipperOf(table)
    const reliable = reliesOn(predicate, table)
    return {
      text: predicateText(predicate, table.schema),
      fields: predicateFields(predicate, table.schema),
      match(file) {
        const match = skipper.match(file, predicate)
        return match === 'all' && !reliable ? 'maybe' : match
      },
      test: rows => Promise.resolve(testRows(rows, predicate)),
      reads: add => skipper.match(add, predicate) !== 'no',
    }
  }
  if (expressions === undefined) {
    throw new DeltaError(
      'DELTA_UNSUPPORTED_FEATURE',
      `the condition ${JSON.stringify(condition)} is SQL, and nothing was given to evaluate it: hand in \`expressions\`, or say it as a predicate`,
      { where },
    )
  }
  const pruned = await expressions.prune(condition, table.schema)
  const mayHold = pruned === undefined ? undefined : mayHoldBy(table, pruned)
  return {
    text: condition,
    fields: mentionedFields(condition, table.schema),
    match: file => (mayHold === undefined || mayHold(file) ? 'maybe' : 'no'),
    test: rows => expressions.test(rows, condition),
    reads: mayHold ?? 'all',
  }
}

/** Whether a file can hold a row that a predicate is true for. */
export function mayHoldBy(table: ConditionTable, predicate: Predicate): (add: AddFile) => boolean {
  const skipper = skipperOf(table)
  return add => skipper.match(add, predicate) !== 'no'
}

function skipperOf({ metadata, schema }: ConditionTable): FileSkipper {
  return new FileSkipper({ schema, partitionColumns: metadata.partitionColumns, configuration: metadata.configuration })
}

const reliableTypes: ReadonlySet<unknown> = new Set([
  'byte',
  'short',
  'integer',
  'long',
  'date',
  'timestamp',
  'timestamp_ntz',
])

/**
 * Whether rows may be deleted by the log alone, without reading them. Bounds are made for skipping files, where being
 * too wide does no harm: writers are known that leave NaN out of them, or round decimals.
 */
function reliesOn(predicate: Predicate, { metadata, schema }: ConditionTable): boolean {
  const partitions = new Set(metadata.partitionColumns.map(name => name.toLowerCase()))
  return predicateColumns(predicate).every(key => {
    const field = schema.fields.find(({ name }) => name === key)
    return field !== undefined && (partitions.has(field.name.toLowerCase()) || reliableTypes.has(field.type))
  })
}

/** What may stand for columns without their names: a star, a place, the whole row, a pattern, an escaped name. */
const unnamed = /[*\\#`]|columns|"[^"]*""|\bt\b(?!\s*\.)/

/** The columns that SQL can be about: those whose names stand in it, in any letter case; all when they need not. */
function mentionedFields(sql: string, schema: StructType): readonly StructField[] {
  const text = sql.toLowerCase()
  if (unnamed.test(text)) return schema.fields
  const found = schema.fields.filter(({ name }) => text.includes(name.toLowerCase()) || /["`]/.test(name))
  return found.length > 0 ? found : schema.fields.slice(0, 1)
}
