import { type ColumnLayout, DeltaError, isVoid, parsePartitionValue, physicalNameOf } from '../../delta/index.js'
import { containsType, type DataType, namedValue, type StructField } from '../../types/index.js'
import {
  type DuckDbSession,
  identifier,
  literal,
  parquetFiles,
  QueryError,
  type ResultColumn,
  selectList,
  sqlType,
  valueLiteral,
} from '../duckdb/index.js'
import type { DeletedRows } from './deletedRows.js'
import { countLegacyDates } from './legacyDates.js'
import type { LocalFile } from './localFile.js'
import { countUnreadable } from './readableFormats.js'

/** Names that no column of a table would have. */
const fileColumn = '__lake_file'
const rowNumber = 'file_row_number'

/** How DuckDB reads a table's files. */
export class FileReading {
  readonly #fields: readonly StructField[]
  readonly #layout: ColumnLayout
  readonly #table: string
  readonly #timeZone: string | undefined
  /** The files' columns by lower-case name, which is enough to distinguish Delta's names. */
  readonly #inFiles = new Map<string, ResultColumn>()

  /**
   * @param table its URL, for messages
   * @param timeZone of partition timestamps without an offset; UTC when absent
   */
  constructor(fields: readonly StructField[], layout: ColumnLayout, table: string, timeZone: string | undefined) {
    this.#fields = fields
    this.#layout = layout
    this.#table = table
    this.#timeZone = timeZone
  }

  /** Whether DuckDB finds in the files what the table has; only such files may be selected from. */
  async fits(session: DuckDbSession, files: readonly LocalFile[]): Promise<boolean> {
    const found = await unlessUnreadable(session.columnsOf(`SELECT * FROM ${this.#from(files)}`))
    if (found === undefined) return false
    const columns = new Map(found.map(column => [column.name.toLowerCase(), column]))
    if (columns.has(fileColumn) || columns.has(rowNumber)) return false
    const fits = this.#fields.every(field => {
      const place = this.#layout.placeOf(field)
      return place.kind !== 'stored' || (columns.get(this.#nameOf(field))?.fits(field.type) ?? true)
    })
    if (!fits) return false
    // It fails, too, for what it cannot show of a footer, as bounds beyond its calendar.
    if ((await unlessUnreadable(countUnreadable(session, files))) !== 0) return false
    const dated = this.#fields.some(field => containsType(field.type, part => part === 'date' || part === 'timestamp'))
    if (dated && (await countLegacyDates(session, files)) > 0) return false
    for (const [name, column] of columns) this.#inFiles.set(name, column)
    return true
  }

  /** A SELECT of the fields from files that fit, without the rows that are deleted. */
  select(files: readonly LocalFile[], deleted?: DeletedRows): string {
    const [only] = files.length === 1 ? files : []
    const partitions = this.#fields.flatMap(field => {
      const place = this.#layout.placeOf(field)
      return place.kind === 'partition' ? [{ ...place, name: field.name }] : []
    })
    // One file has one value, which needs no join.
    const joined = only === undefined && partitions.length > 0
    const columns = this.#fields.map(field => this.#column(field, only))
    const extra = [
      ...(joined || deleted !== undefined ? [`filename = ${literal(fileColumn)}`] : []),
      ...(deleted === undefined ? [] : [`${rowNumber} = true`]),
    ]
    const values = joined
      ? ` JOIN ${this.#partitionValues(partitions, files)} ON p.${fileColumn} = f.${fileColumn}`
      : ''
    const without =
      deleted === undefined
        ? ''
        : ` ANTI JOIN ${deleted.sql} AS d ON d.file = f.${fileColumn} AND d.row = f.${rowNumber}`
    return `SELECT ${selectList(columns)} FROM ${this.#from(files, extra)} AS f${values}${without}`
  }

  #from(files: readonly LocalFile[], extra: readonly string[] = []): string {
    // Strings without the annotation, as old writers left them, are strings unless the table has binary columns too.
    const binaryAsString = this.#fields.some(field => containsType(field.type, part => part === 'binary'))
      ? []
      : ['binary_as_string = true']
    return parquetFiles(
      files.map(({ path }) => path),
      ['union_by_name = true', ...binaryAsString, ...extra],
    )
  }

  /** The column's name in the files, in lower case. */
  #nameOf(field: StructField): string {
    return (this.#layout.match === 'name' ? field.name : physicalNameOf(field)).toLowerCase()
  }

  #column(field: StructField, only: LocalFile | undefined): string {
    const name = identifier(field.name)
    const place = this.#layout.placeOf(field)
    if (place.kind === 'partition')
      return `${only === undefined ? `p.${name}` : this.#partitionValue(place, only)} AS ${name}`
    const column = isVoid(field.type) ? undefined : this.#inFiles.get(this.#nameOf(field))
    return `CAST(${column === undefined ? 'NULL' : stored(`f.${identifier(column.name)}`, field.type)} AS ${sqlType(field.type)}) AS ${name}`
  }

  #partitionValues(columns: readonly PartitionColumn[], files: readonly LocalFile[]): string {
    const rows = files.map(
      file => `(${[literal(file.path), ...columns.map(column => this.#partitionValue(column, file))].join(', ')})`,
    )
    const names = [fileColumn, ...columns.map(({ name }) => name)].map(identifier)
    return `(VALUES ${rows.join(', ')}) AS p(${names.join(', ')})`
  }

  #partitionValue({ key, type }: Pick<PartitionColumn, 'key' | 'type'>, { file }: LocalFile): string {
    const where = { table: this.#table, file: file.path }
    const text = namedValue(file.partitionValues, key)
    if (text === undefined)
      throw new DeltaError(
        'DELTA_BAD_PARTITION_VALUE',
        `the log has no value of the partition column ${key} for a data file`,
        { where },
      )
    return valueLiteral(type, parsePartitionValue(type, text, { zone: this.#timeZone, where }))
  }
}

/** What DuckDB cannot open, the table's own reader reads, or reports what is wrong with which file. */
function unlessUnreadable<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof QueryError && error.code !== 'QUERY_OUT_OF_MEMORY') return undefined
    throw error
  })
}

/**
 * A column of a file as an expression. By the bounds in footers DuckDB skips row groups and decides conditions, but
 * known writers leave NaN out of them: inside TRY, which cannot fail here, it does not use bounds.
 */
function stored(column: string, type: DataType): string {
  return containsType(type, part => part === 'float' || part === 'double') ? `TRY(${column})` : column
}

interface PartitionColumn {
  readonly name: string
  readonly key: string
  readonly type: DataType
}
