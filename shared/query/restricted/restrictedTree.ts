import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../../types/index.js'
import { nodesIn, textOf } from '../duckdb/index.js'
import { allowedFunctions, allowedTableFunctions } from './restrictedFunctions.js'

/** A table that a statement names, as it stands in it. */
export type NamedTable = readonly string[]

/** What a statement may read, or why it may not run, in a sentence. */
export type TreeCheck =
  | { readonly kind: 'allowed'; readonly tables: readonly NamedTable[] }
  | { readonly kind: 'refused'; readonly reason: string }

const relations: ReadonlySet<string> = new Set([
  'BASE_TABLE',
  'SUBQUERY',
  'JOIN',
  'EMPTY',
  'EXPRESSION_LIST',
  'TABLE_FUNCTION',
  'PIVOT',
  'CTE',
])

const statements: ReadonlySet<string> = new Set(['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE'])

/**
 * Checks a statement as DuckDB's own parser has read it (`json_serialize_sql`): one, a SELECT, of relations and functions
 * that are known to reach nothing but the tables it names. Whatever is not known is refused. Pure.
 */
export function checkTree(text: string): TreeCheck {
  const tree = parseJson(text)
  if (!isJsonObject(tree)) return refused('It cannot be parsed.')
  if (tree['error'] !== false) {
    const why = textOf(tree['error_message']).split('\n')[0] ?? ''
    return refused(why.startsWith('Only SELECT') ? 'Only a SELECT is answered here.' : `It is not one SELECT: ${why}`)
  }
  const list = tree['statements']
  if (!isJsonArray(list) || list.length !== 1) return refused('Only one statement is answered at a time.')
  const common = new Set(commonNames(tree))
  // DuckDB takes what has a dot or a slash for a file where the name is out of reach.
  const odd = [...common].find(name => /[./\\:]/.test(name))
  if (odd !== undefined) return refused(`WITH gives the name ${odd}; one without . / \\ and : can be given here.`)
  const tables: NamedTable[] = []
  for (const node of nodesIn(tree)) {
    const fault = faultOf(node)
    if (fault !== undefined) return refused(fault)
    if (node['type'] !== 'BASE_TABLE') continue
    const parts = ['catalog_name', 'schema_name', 'table_name']
      .map(name => textOf(node[name]))
      .filter(part => part !== '')
    if (parts.length > 1 || !common.has((parts[0] ?? '').toLowerCase())) tables.push(parts)
  }
  return { kind: 'allowed', tables }
}

function faultOf(node: JsonObject): string | undefined {
  const [type, name] = [textOf(node['type']), textOf(node['function_name']).toLowerCase()]
  if (/_NODE$/.test(type) && !statements.has(type)) return 'Only a SELECT is answered here.'
  if (isRelation(node) && !relations.has(type)) return `Nothing can be read from ${relationName(type)} here.`
  if (type === 'TABLE_FUNCTION') {
    const call = node['function']
    const called = isJsonObject(call) ? textOf(call['function_name']).toLowerCase() : ''
    if (!allowedTableFunctions.has(called))
      return `The function ${called} is not available here; name a table of the lake.`
  }
  if (name === '') return undefined
  // The parser itself writes lists and structs as functions of `main`; nothing but what DuckDB brings is in a new session.
  return allowedFunctions.has(name) ? undefined : `The function ${name} is not available here.`
}

/** A relation has an alias and a sample, and no class as expressions have. */
function isRelation(node: JsonObject): boolean {
  return Object.hasOwn(node, 'sample') && Object.hasOwn(node, 'alias') && !Object.hasOwn(node, 'class')
}

function relationName(type: string): string {
  return type === 'SHOW_REF' ? 'SHOW, DESCRIBE or SUMMARIZE' : type.toLowerCase().replaceAll('_', ' ')
}

/** Names that WITH gives; a table is not looked for under them. */
function* commonNames(tree: Json): Generator<string> {
  for (const node of nodesIn(tree)) {
    const map = node['cte_map']
    const entries = isJsonObject(map) ? map['map'] : undefined
    if (!isJsonArray(entries)) continue
    for (const entry of entries) if (isJsonObject(entry)) yield textOf(entry['key']).toLowerCase()
  }
}

function refused(reason: string): TreeCheck {
  return { kind: 'refused', reason }
}
