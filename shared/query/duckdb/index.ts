/** A DuckDB session with limits, SQL text, values and syntax trees. */
export { DuckDbSession, type ResultColumn, type RowStream, type SessionOptions } from './duckdbSession.js'
export { asQueryError, QueryError, temporaryFileFault } from './queryError.js'
export type { ExpressionLimits, ScalarExpression } from './scalarExpression.js'
export {
  identifier,
  literal,
  literalList,
  parquetFiles,
  pathPattern,
  selectList,
  sqlType,
  valueLiteral,
} from './sqlText.js'
export { children, isNode, namedIn, nodesIn, textOf, textsOf } from './sqlTree.js'
export { syntaxTree } from './syntaxTree.js'
export { makeTemporaryFolder } from './temporaryFolder.js'
