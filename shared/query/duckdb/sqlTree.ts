import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../types/index.js'

/** True for a node of a statement as DuckDB's parser serializes it (`json_serialize_sql`). */
export const isNode = isJsonObject

/** The expressions that an operator or a function has. */
export function children(node: JsonObject): readonly Json[] {
  const list = node['children']
  return isJsonArray(list) ? list : []
}

/** A text of the tree; empty when it is absent or something else. */
export function textOf(json: Json | undefined): string {
  return typeof json === 'string' ? json : ''
}

/** A list of strings of the tree; empty when it is absent or no list. */
export function textsOf(json: Json | undefined): string[] {
  return isJsonArray(json) ? json.map(textOf) : []
}

/**
 * Which columns the tree can mean by what it names, in lower case; every one when it names them in ways that are not
 * analysed.
 */
export function namedIn(json: Json | undefined): (name: string) => boolean {
  const names = new Set<string>()
  for (const node of nodesIn(json)) {
    if (node['class'] === 'STAR' || node['class'] === 'SUBQUERY' || node['class'] === 'POSITIONAL_REFERENCE')
      return () => true
    if (node['class'] === 'COLUMN_REF') for (const name of textsOf(node['column_names'])) names.add(name.toLowerCase())
  }
  return name => names.has(name)
}

/** Every object in the tree, each before those inside it. */
export function* nodesIn(json: Json | undefined): Generator<JsonObject> {
  if (isJsonArray(json)) for (const item of json) yield* nodesIn(item)
  if (!isJsonObject(json)) return
  yield json
  for (const value of Object.values(json)) yield* nodesIn(value)
}
