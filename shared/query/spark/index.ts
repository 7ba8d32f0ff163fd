/** Spark's SQL expressions in DuckDB. */
export { openExpressions } from './duckDbExpressions.js'
