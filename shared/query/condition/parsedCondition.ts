import { type Json, JsonNumber, type StructType } from '../../types/index.js'
import { type DuckDbSession, isNode, namedIn, syntaxTree, textOf } from '../duckdb/index.js'
import { conditionStatement, type ConditionTree, conditionTree } from './conditionTree.js'

/** An SQL condition on a table's rows as DuckDB's parser sees it: what all else that is asked about it goes by. */
export interface ParsedCondition {
  /** As it was given. */
  readonly text: string
  readonly schema: StructType
  /** What the parser finds wrong with the condition as it stands, without anything around it. */
  readonly fault: string | undefined
  /** Which columns it can mean, by name in lower case; every one when that cannot be told. */
  readonly columns: (name: string) => boolean
  /** Undefined when the text is not one condition; whoever runs it will be told what is wrong. */
  readonly tree: ConditionTree | undefined
}

/** Parses a condition, once; the parser is not asked about it again. */
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

/** Numbers as they are written: DuckDB tells `1` from `1.0`. */
function parseExactly(text: string): Json {
  const parse = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? new JsonNumber(source) : value,
  ) as Json
}
