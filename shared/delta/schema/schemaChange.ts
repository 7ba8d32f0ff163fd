import { columnKey, type DataType, type StructField, type StructType } from '../../types/index.js'
import { unmapped } from './columnMapping.js'
import { typeText } from './schema.js'
import { widensByItself, withTypeChanges } from './typeChange.js'

/**
 * What writing rows of one schema into a table of another would take. Columns that the table has and the rows lack
 * stay, and are null in the new rows; nullability only ever loosens. Columns that are new have no ids yet, whatever table
 * the rows come from: see `assignMapping`.
 */
export type SchemaChange =
  /** The table can hold the rows as it is. */
  | { readonly kind: 'same' }
  /** With `schema`, which holds everything the table had, the table can hold the rows. `added` and `widened`: dotted names; none when only nullability changed. */
  | {
      readonly kind: 'additive'
      readonly schema: StructType
      readonly added: readonly string[]
      readonly widened: readonly string[]
    }
  | {
      readonly kind: 'incompatible'
      /** The dotted name of the first field that does not fit. */
      readonly field: string
      readonly tableType: string
      readonly wantedType: string
      readonly why: string
    }

/** What a table allows. */
export interface SchemaChangeOptions {
  /** Columns take on a wider type of the rows', as a table with `delta.enableTypeWidening` may. */
  readonly widenTypes?: boolean | undefined
}

/**
 * What it takes that a table of schema `table` holds rows of schema `wanted`.
 *
 * ```ts
 * const change = compareSchemas(state.schema, rowsSchema)
 * if (change.kind === 'incompatible') throw new Error(`${change.field}: ${change.why}`)
 * ```
 */
export function compareSchemas(table: StructType, wanted: StructType, options: SchemaChangeOptions = {}): SchemaChange {
  const merge = new Merge(options)
  const schema = merge.struct(table, wanted, [])
  if (merge.clash !== undefined) return merge.clash
  return merge.changed ? { kind: 'additive', schema, added: merge.added, widened: merge.widened } : { kind: 'same' }
}

type Clash = Extract<SchemaChange, { kind: 'incompatible' }>

class Merge {
  readonly added: string[] = []
  readonly widened: string[] = []
  changed = false
  clash: Clash | undefined

  constructor(readonly options: SchemaChangeOptions) {}

  struct(table: StructType, wanted: StructType, path: readonly string[]): StructType {
    const columns = new Map(wanted.fields.map(field => [field.name.toLowerCase(), field]))
    const fields: StructField[] = []
    for (const field of table.fields) {
      const here = [...path, field.name]
      const other = columns.get(field.name.toLowerCase())
      columns.delete(field.name.toLowerCase())
      fields.push(other === undefined ? this.#absent(field) : this.#field(field, other, here))
    }
    for (const field of columns.values()) fields.push(this.#new(field, [...path, field.name]))
    return { type: 'struct', fields }
  }

  #field(table: StructField, wanted: StructField, path: readonly string[]): StructField {
    if (table.name !== wanted.name)
      this.#fail(path, table.type, wanted.type, `the table spells it ${table.name} and the rows ${wanted.name}`)
    const nullable = this.#loosen(table.nullable, wanted.nullable)
    return withTypeChanges(table.type, { ...table, type: this.#type(table.type, wanted.type, path), nullable })
  }

  #absent(field: StructField): StructField {
    if (field.nullable) return field
    // Rows without the column are null there, so the table has to allow it from now on.
    this.#loosen(false, true)
    return { ...field, nullable: true }
  }

  #new(field: StructField, path: readonly string[]): StructField {
    this.changed = true
    this.added.push(columnKey(path))
    // Rows that are in the table already are null in it.
    return { ...unmapped(field), nullable: true }
  }

  #type(table: DataType, wanted: DataType, path: readonly string[]): DataType {
    if (typeof table !== 'string' && typeof wanted !== 'string') {
      if (table.type === 'struct' && wanted.type === 'struct') return this.struct(table, wanted, path)
      if (table.type === 'array' && wanted.type === 'array')
        return {
          ...table,
          elementType: this.#type(table.elementType, wanted.elementType, [...path, 'element']),
          containsNull: this.#loosen(table.containsNull, wanted.containsNull),
        }
      if (table.type === 'map' && wanted.type === 'map')
        return {
          ...table,
          keyType: this.#type(table.keyType, wanted.keyType, [...path, 'key']),
          valueType: this.#type(table.valueType, wanted.valueType, [...path, 'value']),
          valueContainsNull: this.#loosen(table.valueContainsNull, wanted.valueContainsNull),
        }
    }
    if (typeText(table) === typeText(wanted)) return table
    if (this.options.widenTypes === true && widensByItself(table, wanted)) {
      this.changed = true
      this.widened.push(columnKey(path))
      return wanted
    }
    const remedy =
      this.options.widenTypes !== true && widensByItself(table, wanted)
        ? ' unless delta.enableTypeWidening is true'
        : ''
    this.#fail(path, table, wanted, `the type of a column cannot change${remedy}`)
    return table
  }

  #loosen(table: boolean, wanted: boolean): boolean {
    if (!table && wanted) this.changed = true
    return table || wanted
  }

  #fail(path: readonly string[], table: DataType, wanted: DataType, why: string): void {
    const types = { tableType: typeText(table), wantedType: typeText(wanted) }
    this.clash ??= {
      kind: 'incompatible',
      field: columnKey(path),
      ...types,
      why: `${why} (table: ${types.tableType}, wanted: ${types.wantedType})`,
    }
  }
}
