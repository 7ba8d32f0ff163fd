import type { ObjectStore } from '../../storage/index.js'
import { type Column, columnKey, namedValue, type Value } from '../../types/index.js'
import type { AddFile, OpenFolder } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { type Scannable, scanRows } from '../scan/index.js'
import { isMapped, storedName } from '../schema/index.js'
import { parseStats, statsColumns } from '../stats/index.js'
import type { RowCheck } from '../table/index.js'
import { type Expressions, type Rows, rowText } from '../write/index.js'

/**
 * What a check of existing rows needs: `expressions` for constraints, `openFolder` for files outside the table's
 * folder; `where` is named in errors.
 */
export interface ExistingRowsOptions {
  readonly expressions?: Expressions | undefined
  readonly openFolder?: OpenFolder | undefined
  readonly where: LogPlace
}

/**
 * Checks the existing rows of a table, file by file. Files whose statistics answer for all their rows are not read.
 *
 * @param table with the schema and properties under which the checks are meant
 * @throws DeltaError DELTA_UNSUPPORTED_FEATURE when a constraint is to be checked and no engine can evaluate it;
 * DELTA_CONSTRAINT_VIOLATED for the first row that does not meet a check
 */
export async function requireRowsMeet(
  store: ObjectStore,
  table: Scannable,
  checks: readonly RowCheck[],
  options: ExistingRowsOptions,
): Promise<void> {
  const constraints = checks.filter(check => check.kind === 'constraint')
  if (constraints.length > 0) {
    const { expressions, where } = options
    if (expressions === undefined) {
      throw new DeltaError(
        'DELTA_UNSUPPORTED_FEATURE',
        'a constraint can only be added where SQL can be evaluated: pass `expressions`',
        {
          where,
          data: { features: 'checkConstraints' },
        },
      )
    }
    await requireConstraintsMet(store, table, constraints, expressions, options)
  }
  for (const check of checks) if (check.kind === 'notNull') await requireNoNulls(store, table, check.path, options)
}

async function requireConstraintsMet(
  store: ObjectStore,
  table: Scannable,
  constraints: readonly Extract<RowCheck, { kind: 'constraint' }>[],
  expressions: Expressions,
  { openFolder, where }: ExistingRowsOptions,
): Promise<void> {
  // A table without rows must not take on what cannot be evaluated either.
  const none: Rows = { count: 0, columns: table.schema.fields.map(field => ({ field, data: [] })) }
  for (const { sql } of constraints) await expressions.test(none, sql, 'spark')
  const scan = scanRows(store, table, { openFolder })
  for await (const batch of scan.batches) {
    const columns = scan.fields.map((field, i): Column => ({ field, data: batch.columns[i] ?? [] }))
    const rows: Rows = { count: batch.rows, columns }
    for (const { name, sql } of constraints) {
      const row = (await expressions.test(rows, sql, 'spark')).indexOf(0)
      if (row >= 0)
        throw violated(
          `the constraint ${name} (${sql}) cannot be added: a row that is there does not meet it: ${rowText(rows, row)}`,
          name,
          batch.file,
          where,
        )
    }
  }
}

async function requireNoNulls(
  store: ObjectStore,
  table: Scannable,
  path: readonly string[],
  { openFolder, where }: ExistingRowsOptions,
): Promise<void> {
  const [top = '', ...inside] = path
  const files = table.files.filter(file => !holdsNoNull(table, file, path))
  const scan = scanRows(store, { ...table, files }, { columns: [top], openFolder })
  const key = columnKey(path)
  for await (const batch of scan.batches) {
    const [data = []] = batch.columns
    for (let row = 0; row < batch.rows; row++)
      if (isNullAt(data[row] ?? null, inside))
        throw violated(
          `column ${key} cannot be made not nullable: it is null in a row that is there`,
          key,
          batch.file,
          where,
        )
  }
}

/** Whether a file's statistics, or its partition, show that no row is null in a column. */
function holdsNoNull(
  { schema, metadata }: Scannable,
  { stats, partitionValues }: AddFile,
  path: readonly string[],
): boolean {
  const [top = ''] = path
  const { partitionColumns, configuration } = metadata
  if (partitionColumns.includes(top)) {
    const field = schema.fields.find(({ name }) => name === top)
    const value = namedValue(partitionValues, field === undefined ? top : storedName(field, isMapped(configuration)))
    return value !== null && value !== undefined && value !== ''
  }
  if (stats === undefined) return false
  const columns = statsColumns({ schema, partitionColumns, configuration }).filter(
    column => column.key === columnKey(path),
  )
  try {
    return columns.length === 1 && parseStats(stats, columns).columns.get(columnKey(path))?.nullCount === 0n
  } catch {
    return false
  }
}

function isNullAt(value: Value, [name, ...rest]: readonly string[]): boolean {
  if (value === null) return true
  if (name === undefined) return false
  const inside = namedValue(value as Readonly<Record<string, Value | undefined>>, name)
  return isNullAt(inside ?? null, rest)
}

function violated(what: string, constraint: string, { path }: AddFile, where: LogPlace): DeltaError {
  return new DeltaError('DELTA_CONSTRAINT_VIOLATED', what, { where: { ...where, file: path }, data: { constraint } })
}
