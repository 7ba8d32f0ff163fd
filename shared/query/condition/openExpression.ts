import type { ExpressionLimits, ScalarExpression } from '../duckdb/index.js'

/**
 * One scalar SQL expression over one value, in a DuckDB of its own that reaches nothing.
 *
 * @param name of the value in the expression
 * @throws QueryError QUERY_BAD_SQL when it is not one scalar expression over that name that gives text, JSON or bytes
 */
export async function openExpression(
  expression: string,
  name: string,
  limits: ExpressionLimits = {},
): Promise<ScalarExpression> {
  const { ScalarExpression: Expression } = await import('../duckdb/scalarExpression.js')
  return Expression.open(expression, name, limits)
}
