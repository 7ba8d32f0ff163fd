import type { ColumnPath, DataType, StructField } from '../../types/index.js'

/** The position of a column among those of its struct. */
export type ColumnPosition = 'first' | { readonly after: string }

/**
 * One change of a table that changes no row. Columns are named by their path, `a.b` or `['a', 'b']`; what arrays and maps
 * hold is `element`, `key` and `value`.
 */
export type TableChange =
  /** Nullable columns, into the struct `parent` or at the top; last when no position is given. */
  | { readonly kind: 'addColumns'; readonly columns: readonly NewColumn[] }
  /** Needs column mapping. Files keep the values, unseen. */
  | { readonly kind: 'dropColumn'; readonly column: ColumnPath }
  /** Needs column mapping. */
  | { readonly kind: 'renameColumn'; readonly column: ColumnPath; readonly name: string }
  | { readonly kind: 'moveColumn'; readonly column: ColumnPath; readonly position: ColumnPosition }
  /** Needs `delta.enableTypeWidening`. */
  | { readonly kind: 'widenType'; readonly column: ColumnPath; readonly type: DataType }
  | { readonly kind: 'dropNotNull'; readonly column: ColumnPath }
  /** No row may be null there. */
  | { readonly kind: 'setNotNull'; readonly column: ColumnPath }
  /** Undefined removes it. */
  | { readonly kind: 'setComment'; readonly column: ColumnPath; readonly comment: string | undefined }
  /** The table's own; undefined removes it. */
  | { readonly kind: 'setDescription'; readonly description: string | undefined }
  /** Turns on the features that they need. */
  | { readonly kind: 'setProperties'; readonly properties: Readonly<Record<string, string>> }
  /** Those that are not there are passed over. */
  | { readonly kind: 'unsetProperties'; readonly names: readonly string[] }
  /** In Spark's SQL; every row has to meet it already. */
  | { readonly kind: 'addConstraint'; readonly name: string; readonly expression: string }
  | { readonly kind: 'dropConstraint'; readonly name: string; readonly ifExists?: boolean | undefined }
  /** None: the table is not to be clustered any more. */
  | { readonly kind: 'setClustering'; readonly columns: readonly ColumnPath[] }
  /** By name, e.g. `vacuumProtocolCheck`. */
  | { readonly kind: 'addFeature'; readonly feature: string }
  /** Only where nothing of the table, old versions included, needs it any more. */
  | { readonly kind: 'dropFeature'; readonly feature: string }

/** A column to add, into the struct at `parent` or at the top, after all others when no position is given. */
export interface NewColumn {
  readonly parent?: ColumnPath | undefined
  readonly field: StructField
  readonly position?: ColumnPosition | undefined
}
