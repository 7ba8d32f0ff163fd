import {
  type DataType,
  formatJson,
  isJsonArray,
  type Json,
  type JsonObject,
  type StructType,
  type Value,
} from '../../types/index.js'
import { children, type DuckDbSession, isNode, literal, QueryError, sqlType, textOf } from '../duckdb/index.js'

/** A condition's syntax tree, of DuckDB's parser. */
export interface ConditionTree {
  readonly where: Json
  /** The statement around the condition, to put other expressions into. */
  statementOf(expressions: readonly Json[]): string
  /** `typeof(…)` of an expression. */
  typeOf(expression: Json): Json
  /** `TRY_CAST(… AS …)` of an expression to a type that a column of the table has. */
  castOf(expression: Json, type: DataType): Json
  /** Expressions as SQL. */
  textsOf(session: DuckDbSession, expressions: readonly Json[]): Promise<readonly string[]>
}

/** A part of a condition that names no column and is the same each time. */
export interface Constant {
  /** DuckDB's name of its type, e.g. `DECIMAL(3,1)`. */
  readonly sqlType: string
  readonly value: Value
  /** Its value as each type that columns of the table have, by SQL type; null when it cannot be. */
  readonly as: ReadonlyMap<string, Value>
}

/**
 * A statement to parse, with the unchanged condition and all that {@link conditionTree} builds other expressions from.
 * The condition is not in brackets, so that a bracket it closes, or a clause it adds, is detected.
 */
export function conditionStatement(condition: string, schema: StructType): string {
  const casts = leafTypes(schema).map(type => `TRY_CAST(NULL AS ${type})`)
  return `SELECT ${['typeof(NULL)', ...casts].join(', ')} FROM t WHERE ${condition}`
}

/** Of a parsed {@link conditionStatement}; undefined when that is more than a condition, or not SQL. */
export function conditionTree(json: Json, schema: StructType): ConditionTree | undefined {
  if (!isNode(json) || json['error'] !== false || !isJsonArray(json['statements']) || json['statements'].length !== 1)
    return undefined
  const [statement] = json['statements']
  const node = isNode(statement) ? statement['node'] : undefined
  if (!isNode(statement) || !isNode(node) || node['type'] !== 'SELECT_NODE' || !isJsonArray(node['select_list']))
    return undefined
  if (clausesBehind.some(name => !isAbsent(node[name])) || node['aggregate_handling'] !== 'STANDARD_HANDLING')
    return undefined
  const types = leafTypes(schema)
  const [typeofNull, ...castNodes] = node['select_list'] as readonly JsonObject[]
  const where = node['where_clause']
  if (!isNode(where) || typeofNull === undefined) return undefined
  const empty = { type: 'EMPTY', alias: '', sample: null, query_location: 0 }
  const statementOf = (expressions: readonly Json[]) =>
    formatJson({
      error: false,
      statements: [
        { ...statement, node: { ...node, select_list: expressions, from_table: empty, where_clause: null } },
      ],
    })
  return {
    where,
    statementOf,
    typeOf: expression => ({ ...typeofNull, children: [expression] }),
    castOf: (expression, type) => ({ ...castNodes[types.indexOf(sqlType(type))], child: expression }),
    async textsOf(own, expressions) {
      const strings: string[] = []
      for (const expression of expressions) {
        const { text } = await own.row(`SELECT json_deserialize_sql(${literal(statementOf([expression]))}) AS text`)
        strings.push((text as string).replace(/^SELECT /, ''))
      }
      return strings
    },
  }
}

/** The clauses that may follow a WHERE clause. */
const clausesBehind = ['group_expressions', 'group_sets', 'having', 'qualify', 'sample', 'modifiers'] as const

const isAbsent = (clause: Json | undefined) => (clause ?? null) === null || (isJsonArray(clause) && clause.length === 0)

/** Values of all constant parts of a condition, the largest parts only. */
export async function constantsOf(
  session: DuckDbSession,
  tree: ConditionTree,
  schema: StructType,
): Promise<ReadonlyMap<JsonObject, Constant>> {
  const types = leafTypes(schema)
  const nodes = [...constantNodes(tree.where)]
  const constants = new Map<JsonObject, Constant>()
  for (const node of nodes) {
    const plain: JsonObject = { ...node, alias: '' }
    const casts = leafDataTypes(schema).map(type => tree.castOf(plain, type))
    const sql = `SELECT * FROM json_execute_serialized_sql(${literal(tree.statementOf([plain, tree.typeOf(plain), ...casts]))})`
    const result = await session.query(sql).catch((error: unknown) => {
      // What cannot be evaluated here is reported when the condition is evaluated.
      if (error instanceof QueryError) return undefined
      throw error
    })
    const row = result?.rows[0]
    if (result === undefined || row === undefined) continue
    const [value, name, ...as] = result.fields.map(field => row[field.name] ?? null)
    constants.set(node, {
      sqlType: textOf(name as string),
      value: value ?? null,
      as: new Map(types.map((type, i) => [type, as[i] ?? null])),
    })
  }
  return constants
}

/** Functions without effect, time and chance, by DuckDB's names; interval literals are parsed into some. */
const steady: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '||',
  'trunc',
  'abs',
  'lower',
  'upper',
  'concat',
  'make_date',
  'make_timestamp',
  'to_years',
  'to_months',
  'to_days',
  'to_hours',
  'to_minutes',
  'to_seconds',
  'to_milliseconds',
  'to_microseconds',
  'to_weeks',
  'to_timestamp',
  'from_hex',
])

function* constantNodes(json: Json | undefined): Generator<JsonObject> {
  if (isJsonArray(json)) for (const item of json) yield* constantNodes(item)
  if (!isNode(json)) return
  if (isConstant(json)) yield json
  // What is inside a query of its own is about other rows.
  else if (json['class'] !== 'SUBQUERY') for (const value of Object.values(json)) yield* constantNodes(value)
}

function isConstant(json: Json | undefined): boolean {
  if (!isNode(json)) return false
  switch (json['class']) {
    case 'CONSTANT':
      return true
    case 'CAST':
      return isConstant(json['child'])
    case 'FUNCTION':
      return steady.has(textOf(json['function_name'])) && children(json).length > 0 && children(json).every(isConstant)
    default:
      return false
  }
}

function leafTypes(schema: StructType): string[] {
  return leafDataTypes(schema).map(sqlType)
}

/** The types of the columns that can be compared with constants, each once. */
function leafDataTypes(schema: StructType): DataType[] {
  const types = new Map<string, DataType>()
  const visit = (type: DataType) => {
    if (typeof type === 'object' && type.type === 'struct') for (const field of type.fields) visit(field.type)
    else if (typeof type === 'string' ? type !== 'void' && type !== 'binary' : type.type === 'decimal')
      types.set(sqlType(type), type)
  }
  visit(schema)
  return [...types.values()]
}
