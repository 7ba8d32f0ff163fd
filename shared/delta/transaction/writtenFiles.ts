import { namedValue } from '../../types/index.js'
import { type Action, type AddFile, canonicalPath } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import type { TableState } from '../protocol/index.js'
import { isMapped, parsePartitionValue, parseSchema, storedName, typeText } from '../schema/index.js'
import { type StatsColumn, statsColumns, type StatsShape, unreadableBounds } from '../stats/index.js'
import type { Transaction } from './transaction.js'

/**
 * Refuses files that a transaction adds and that this reader could not read: one such file makes the table unreadable
 * for everybody, so it is refused where all writers pass. Files that others wrote and that only come back (with a
 * deletion vector, by RESTORE) are not checked.
 *
 * @throws DeltaError DELTA_BAD_COMMIT, naming the column, for a partition value that is not of its column's type, none
 * where there must be one, or a least or greatest value in the statistics that is not of its column's type;
 * DELTA_BAD_STATISTICS for statistics that are no JSON object
 */
export function requireReadableFiles(
  state: TableState | undefined,
  { actions, operation }: Pick<Transaction, 'actions' | 'operation'>,
  where: LogPlace,
): void {
  if (operation === 'RESTORE') return
  const removed = new Set<string>()
  for (const action of actions) if ('remove' in action) removed.add(canonicalPath(action.remove.path))
  const brought = actions.flatMap((action): readonly NewFile[] => {
    if ('cdc' in action) return [action.cdc]
    if (!('add' in action)) return []
    const { add } = action
    const comesBack =
      add.deletionVector !== undefined ||
      removed.has(canonicalPath(add.path)) ||
      (!add.dataChange && removed.size === 0)
    return comesBack ? [] : [add]
  })
  if (brought.length === 0) return
  const check = fileCheck(tableAfter(state, actions, where), where)
  for (const file of brought) check(file)
}

type NewFile = Pick<AddFile, 'path' | 'partitionValues' | 'stats'>

function fileCheck(table: StatsShape, where: LogPlace): (file: NewFile) => void {
  const mapped = isMapped(table.configuration)
  const named = new Set(table.partitionColumns.map(name => name.toLowerCase()))
  const partitions = table.schema.fields
    .filter(field => named.has(field.name.toLowerCase()))
    .map(field => ({ field, stored: storedName(field, mapped) }))
  const columns = statsColumns(table)
  return ({ path, partitionValues, stats }) => {
    for (const { field, stored } of partitions) {
      const refuse = (what: string, cause?: unknown) => refused(path, field.name, what, where, cause)
      // Readers take a value that is absent as null.
      const text = namedValue(partitionValues, stored) ?? null
      if ((text === null || text === '') && !field.nullable)
        throw refuse('may not be null, and is in its partition value')
      try {
        parsePartitionValue(field.type, text)
      } catch (error) {
        throw refuse(`has the partition value ${JSON.stringify(text)}, which is no ${typeText(field.type)}`, error)
      }
    }
    if (stats !== undefined) requireReadableStats(path, stats, columns, where)
  }
}

function requireReadableStats(path: string, text: string, columns: readonly StatsColumn[], where: LogPlace): void {
  const [column] = unreadableBounds(text, columns, where)
  if (column !== undefined)
    throw refused(
      path,
      column.key,
      `has a least or greatest value in the statistics that is no ${typeText(column.field.type)}`,
      where,
    )
}

function refused(path: string, column: string, what: string, where: LogPlace, cause?: unknown): DeltaError {
  const message = `column ${column} of the new file ${path} ${what}: nobody could read the table. Nothing was committed; this is a fault of the writer, not of the table`
  return new DeltaError('DELTA_BAD_COMMIT', message, { where, data: { column, path }, cause })
}

/** The shape that the table has once the actions are in it. */
function tableAfter(state: TableState | undefined, actions: readonly Action[], where: LogPlace): StatsShape {
  for (const action of actions) {
    if (!('metaData' in action)) continue
    const { schemaString, partitionColumns, configuration } = action.metaData
    return { schema: parseSchema(schemaString, where), partitionColumns, configuration }
  }
  if (state === undefined)
    throw new DeltaError('DELTA_NO_METADATA', 'the first version must hold a metaData action', { where })
  const { partitionColumns, configuration } = state.metadata
  return { schema: state.schema, partitionColumns, configuration }
}
