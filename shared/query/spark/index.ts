/** Spark's SQL expressions in DuckDB. */
export { openExpressions } from './expressions.js'
