import type { Column, StructField, StructType } from '../../types/index.js'
import type { Predicate } from '../stats/index.js'
import type { Rows } from './rows.js'

/**
 * Whose SQL an expression is written in: that of the engine passed, or Spark's, in which tables keep their constraints.
 */
export type SqlDialect = 'own' | 'spark'

/** Evaluates SQL over rows. This layer knows no SQL engine; the caller that opens a table passes one. */
export interface Expressions {
  /**
   * For each row 1 when `condition` is true of it, 0 when it is false or null.
   * @throws an error that names the condition when it cannot be evaluated as its dialect means it
   */
  test(rows: Rows, condition: string, dialect?: SqlDialect): Promise<Uint8Array>
  /** The values of `sql` for each row as `field`, cast to the field's type; errors as {@link test}. */
  evaluate(
    rows: Rows,
    wanted: readonly { readonly field: StructField; readonly sql: string }[],
  ): Promise<readonly Column[]>
  /** What statistics can decide of a condition: true wherever the condition is. Undefined when nothing. */
  prune(condition: string, schema: StructType): Promise<Predicate | undefined>
}

/** Which rows a change is about: SQL for the engine passed, or a predicate that needs none. */
export type Condition = string | Predicate
