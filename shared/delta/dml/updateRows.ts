import type { Column, StructField, Value } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { requireWritableRows } from '../protocol/index.js'
import { fieldsByName } from '../scan/index.js'
import { isVoid } from '../schema/index.js'
import type { Snapshot } from '../snapshot/index.js'
import type { DeltaTable } from '../table/index.js'
import {
  type Condition,
  type Expressions,
  type Plan,
  planAndCommit,
  type Rows,
  type WriteOptions,
  type WriteOutcome,
  writtenFeatures,
} from '../write/index.js'
import { changeMetrics } from './changeMetrics.js'
import { RowAction, type RowChange } from './rowChange.js'
import { predicateParameter, rowChangePlan } from './rowChangePlan.js'
import { RowChanger } from './rowChanger.js'
import { rowCondition } from './rowCondition.js'

/** What a column becomes: one value for all rows, or SQL over the row as it was. */
export type Assignment = { readonly value: Value } | { readonly sql: string }

/** Which rows {@link updateRows} changes, and the values they get. */
export interface UpdateOptions extends WriteOptions {
  /** Which rows change: those for which it is true; all rows when absent. */
  readonly where?: Condition | undefined
  /** By the names of columns, whose letter case does not matter. A column that is a struct is set whole. */
  readonly set: Readonly<Record<string, Assignment>>
}

/**
 * Gives columns of some rows other values. The rows are written into new files, and into other partitions when it is a
 * partition column that changes; where they were they are taken out as {@link deleteRows} does it. All values are
 * taken from the row as it was, whatever the order of the columns.
 *
 * ```ts
 * await updateRows(table, { where: { op: '=', column: 'id', value: 7n }, set: { name: { value: 'x' } } })
 * ```
 *
 * @throws DeltaError DELTA_BAD_ROWS for a value that its column cannot hold; DELTA_CONSTRAINT_VIOLATED; else as {@link deleteRows}
 */
export function updateRows(table: DeltaTable, options: UpdateOptions): Promise<WriteOutcome> {
  return planAndCommit(table, options, snapshot => planUpdate(table, snapshot, options))
}

async function planUpdate(table: DeltaTable, snapshot: Snapshot, options: UpdateOptions): Promise<Plan | undefined> {
  const where = { table: table.url, version: snapshot.version }
  requireWritableRows(snapshot, 'change', writtenFeatures(options), where)
  const condition = await rowCondition(options.where, snapshot, { expressions: options.expressions, url: table.url })
  const change: RowChange = {
    fields: condition.fields,
    match: (file: AddFile) => condition.match(file),
    whole: RowAction.update,
    decide: async rows => (await condition.test(rows)).map(holds => (holds === 1 ? RowAction.update : RowAction.keep)),
    change: assigning(options.set, snapshot, options.expressions, where),
  }
  const changer = new RowChanger(table, snapshot, options)
  try {
    await changer.find(change)
    const { actions, written, counts } = await changer.finish()
    if (actions.length === 0) return undefined
    const operationParameters = { predicate: predicateParameter(condition.text) }
    const metrics = changeMetrics('UPDATE', counts)
    return rowChangePlan(
      { operation: 'UPDATE', operationParameters, metrics, actions, written, reads: condition.reads },
      options,
    )
  } catch (error) {
    await changer.abort()
    throw error
  }
}

function assigning(
  set: UpdateOptions['set'],
  { schema }: Snapshot,
  expressions: Expressions | undefined,
  where: LogPlace,
): (rows: Rows) => Promise<Rows> {
  const names = Object.keys(set)
  if (names.length === 0) throw new DeltaError('DELTA_BAD_ROWS', 'an update sets no column: name one', { where })
  const fields = names.map(name => assignedField(name, schema.fields, where))
  const values = new Map<string, Value>()
  const computed: { readonly field: StructField; readonly sql: string }[] = []
  for (const [i, field] of fields.entries()) {
    const assignment = set[names[i] as string] as Assignment
    if (values.has(field.name) || computed.some(other => other.field === field))
      throw new DeltaError('DELTA_BAD_ROWS', `an update sets the column ${field.name} twice`, {
        where,
        data: { column: field.name },
      })
    if ('value' in assignment) values.set(field.name, assignment.value)
    else computed.push({ field, sql: assignment.sql })
  }
  if (computed.length > 0 && expressions === undefined) {
    throw new DeltaError(
      'DELTA_UNSUPPORTED_FEATURE',
      `the new value of ${computed[0]?.field.name ?? ''} is SQL, and nothing was given to evaluate it: hand in \`expressions\`, or say a value`,
      { where },
    )
  }
  return async rows => {
    const made = computed.length === 0 ? [] : ((await expressions?.evaluate(rows, computed)) ?? [])
    const by = new Map(made.map(({ data }, i) => [computed[i]?.field.name, data]))
    const columns = rows.columns.map((column): Column => {
      const { field } = column
      const value = values.get(field.name)
      if (value !== undefined) return { field, data: new Array<Value>(rows.count).fill(value) }
      const data = by.get(field.name)
      return data === undefined ? column : { field, data }
    })
    return { count: rows.count, columns }
  }
}

function assignedField(name: string, fields: readonly StructField[], where: LogPlace): StructField {
  const outer = name.split('.')[0] ?? name
  const isNested = (field: StructField) => typeof field.type !== 'string' && field.type.type === 'struct'
  if (
    !fields.some(field => field.name.toLowerCase() === name.toLowerCase()) &&
    fields.some(field => field.name === outer && isNested(field))
  ) {
    throw new DeltaError(
      'DELTA_UNSUPPORTED_FEATURE',
      `${name} is a field inside the column ${outer}: only whole columns can be set`,
      {
        where,
        data: { column: name },
      },
    )
  }
  const [field] = fieldsByName(fields, [name], where) as [StructField]
  if (isVoid(field.type))
    throw new DeltaError('DELTA_BAD_ROWS', `column ${field.name} is void and has no values to be set`, {
      where,
      data: { column: field.name },
    })
  return field
}
