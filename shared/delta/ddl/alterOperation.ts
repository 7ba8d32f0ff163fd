import {
  columnKey,
  type Json,
  type JsonObject,
  parseColumnPath,
  quotedColumn,
  type StructField,
} from '../../types/index.js'
import { featureName, propertyName } from '../protocol/index.js'
import { typeText } from '../schema/index.js'
import type { TableDraft } from '../table/index.js'
import { fieldAt } from './schemaEdit.js'
import type { ColumnPosition, TableChange } from './tableChange.js'

/** How `DESCRIBE HISTORY` names a change, as other engines name it. */
export interface AlterOperation {
  readonly operation: string
  /** Those of an operation on a list of columns, which can be joined with others. */
  readonly columns?: readonly Json[] | undefined
  readonly operationParameters: Readonly<Record<string, Json>>
}

/** @param before the table when the change came to it, `after` with the change made. */
export function operationOf(change: TableChange, before: TableDraft, after: TableDraft): AlterOperation {
  switch (change.kind) {
    case 'addColumns':
      return listOperation(
        'ADD COLUMNS',
        change.columns.map(({ parent = [], field, position }) => ({
          column: columnJson([...(parent.length === 0 ? [] : parseColumnPath(parent)), field.name], field),
          ...positionJson(position),
        })),
      )
    case 'dropColumn':
      return listOperation('DROP COLUMNS', [columnKey(parseColumnPath(change.column))])
    case 'renameColumn': {
      const path = parseColumnPath(change.column)
      return {
        operation: 'RENAME COLUMN',
        operationParameters: {
          oldColumnPath: columnKey(path),
          newColumnPath: columnKey([...path.slice(0, -1), change.name]),
        },
      }
    }
    case 'moveColumn':
    case 'widenType':
    case 'dropNotNull':
    case 'setNotNull':
    case 'setComment': {
      const path = parseColumnPath(change.column)
      const position = change.kind === 'moveColumn' ? positionJson(change.position) : {}
      return {
        operation: 'CHANGE COLUMN',
        operationParameters: { column: JSON.stringify(changedColumn(after, path)), ...position },
      }
    }
    case 'setDescription':
      return propertiesOperation({ comment: change.description ?? '' })
    case 'setProperties':
      return propertiesOperation(named(change.properties))
    case 'unsetProperties':
      return {
        operation: 'UNSET TBLPROPERTIES',
        operationParameters: { properties: JSON.stringify(change.names.map(propertyName)), ifExists: true },
      }
    case 'addConstraint':
      return { operation: 'ADD CONSTRAINT', operationParameters: { name: change.name, expr: change.expression.trim() } }
    case 'dropConstraint':
      return {
        operation: 'DROP CONSTRAINT',
        operationParameters: { name: change.name, existed: String(after !== before) },
      }
    case 'setClustering':
      return {
        operation: 'CLUSTER BY',
        operationParameters: { oldClusteringColumns: columnList(before), newClusteringColumns: columnList(after) },
      }
    case 'addFeature':
      return propertiesOperation({ [`delta.feature.${featureName(change.feature)}`]: 'supported' })
    case 'dropFeature':
      return {
        operation: 'DROP FEATURE',
        operationParameters: { featureName: featureName(change.feature), truncateHistory: false },
      }
  }
}

/** One name for several changes in one commit: theirs, where lists of one kind can be joined. */
export function joinOperations(operations: readonly AlterOperation[]): AlterOperation {
  const [first, ...rest] = operations
  if (first !== undefined && rest.length === 0) return first
  const { operation = '' } = first ?? {}
  if (first?.columns !== undefined && rest.every(other => other.operation === operation))
    return listOperation(
      operation,
      operations.flatMap(({ columns = [] }) => columns),
    )
  const changes = operations.map(({ operation: name, operationParameters }) => ({
    operation: name,
    operationParameters,
  }))
  return { operation: 'ALTER TABLE', operationParameters: { changes: JSON.stringify(changes) } }
}

function listOperation(operation: string, columns: readonly Json[]): AlterOperation {
  return { operation, columns, operationParameters: { columns: JSON.stringify(columns) } }
}

function propertiesOperation(properties: Readonly<Record<string, string>>): AlterOperation {
  return { operation: 'SET TBLPROPERTIES', operationParameters: { properties: JSON.stringify(properties) } }
}

/** What is inside an array or a map is reported as Spark does: as if it were a column. */
function changedColumn({ schema }: TableDraft, path: readonly string[]): JsonObject {
  for (let depth = path.length; depth > 0; depth--) {
    const field = tryField(schema, path.slice(0, depth))
    if (field !== undefined) return columnJson(path.slice(0, depth), field)
  }
  return { name: columnKey(path) }
}

function tryField(schema: TableDraft['schema'], path: readonly string[]): StructField | undefined {
  try {
    return fieldAt(schema, path)
  } catch {
    return undefined
  }
}

function columnJson(path: readonly string[], { type, nullable, metadata = {} }: StructField): JsonObject {
  const name = typeof type === 'string' || type.type === 'decimal' ? typeText(type) : type.type
  return { name: columnKey(path), type: name, nullable, metadata: metadata as JsonObject }
}

function positionJson(position: ColumnPosition | undefined): { position?: string } {
  return position === undefined ? {} : { position: position === 'first' ? 'FIRST' : `AFTER ${position.after}` }
}

function columnList({ clustering = [] }: TableDraft): string {
  return clustering.map(quotedColumn).join(',')
}

function named(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [propertyName(name), value]))
}
