import { type Json, JsonNumber, type StructType } from '../../types/index.js'
import { type DuckDbSession, isNode, namedIn, syntaxTree, textOf } from '../duckdb/index.js'
import { conditionStatement, type ConditionTree, conditionTree } from './conditionTree.js'

/** An SQL condition on a table's rows parsed once by DuckDB: for checking, pruning, the choice of columns and SQL. */
export interface ParsedCondition {
  /** As it was given. */
  readonly text: string
  readonly schema: StructType
  /** The parser's error for the condition itself. */
  readonly fault: string | undefined
  /** Which columns it can mean, by name in lower case; every one when that is not known. */
  readonly columns: (name: string) => boolean
  /** Undefined when the text is not one condition; the error is reported when it runs. */
  readonly tree: ConditionTree | undefined
}

/** Parses a condition; the parser is not called for it again. */
export async function parseCondition(
  session: DuckDbSession,
  text: string,
  schema: StructType,
): Promise<ParsedCondition> {
  const json = parseExactly(await syntaxTree(session, conditionStatement(text, schema)))
  const tree = conditionTree(json, schema)
  return {
    text,
    schema,
    fault: isNode(json) && json['error_type'] === 'parser' ? textOf(json['error_message']) : undefined,
    columns: tree === undefined ? () => true : namedIn(tree.where),
    tree,
  }
}

/** Numbers as they are written: DuckDB distinguishes `1` from `1.0`. */
function parseExactly(text: string): Json {
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? new JsonNumber(source) : value,
  ) as Json
}
