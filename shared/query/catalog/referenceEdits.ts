import { identifier, QueryError } from '../duckdb/index.js'
import { type Edit, isWord, nameOf, type Token } from './statementText.js'
import type { DeltaCall, TableReference } from './tableReferences.js'

/** Where a query's text names its tables, and what to write there instead. */

/** Puts a view where the query has the table's name; `name` is what its columns are called by where the query gives no alias. */
export function rename(
  { parts, alias, location }: TableReference,
  tokens: readonly Token[],
  view: string,
  name?: string,
): Edit {
  const first = tokens.findIndex(token => token.start === location)
  const last = tokens[first + 2 * (parts.length - 1)]
  const start = tokens[first]
  if (start === undefined || last === undefined) throw unplaced(parts.join('.'))
  return {
    start: start.start,
    end: last.end,
    text: name !== undefined && alias === '' ? `${view} AS ${identifier(name)}` : view,
  }
}

/** Removes `AT (…)`, which follows the name and its alias. */
export function removeTimeTravel({ parts, location }: TableReference, tokens: readonly Token[]): Edit {
  const first = tokens.findIndex(token => token.start === location)
  const at = tokens.findIndex(
    (token, i) => i > first + 2 * (parts.length - 1) && isWord(token, 'AT') && isWord(tokens[i + 1], '('),
  )
  const [begin, end] = [tokens[at], tokens[closing(tokens, at + 1)]]
  if (first < 0 || begin === undefined || end === undefined) throw unplaced(parts.join('.'))
  return { start: begin.start, end: end.end, text: '' }
}

/** Puts a view where the query has `delta(…)`. */
export function replaceCall({ place, alias, location }: DeltaCall, tokens: readonly Token[], view: string): Edit {
  const first = tokens.findIndex(token => token.start === location)
  const [begin, end] = [tokens[first], tokens[closing(tokens, first + 1)]]
  if (begin === undefined || end === undefined) throw unplaced(place)
  return { start: begin.start, end: end.end, text: alias === '' ? `${view} AS delta` : view }
}

/** The bracket that closes the one at `open`. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let i = open; i < tokens.length; i++) {
    if (isWord(tokens[i], '(')) depth++
    if (isWord(tokens[i], ')') && --depth === 0) return i
  }
  return -1
}

const beforeNames = [
  'FROM',
  'JOIN',
  'PIVOT',
  'UNPIVOT',
  'PIVOT_WIDER',
  'PIVOT_LONGER',
  'DESCRIBE',
  'DESC',
  'SUMMARIZE',
  'TABLE',
  'USING',
]

/** Names with dots between them, and single ones where only a table can be. */
export function nameChains(tokens: readonly Token[]): readonly (readonly string[])[] {
  const chains = new Map<string, readonly string[]>()
  for (let i = 0; i < tokens.length; i++) {
    const begin = i
    const chain: string[] = []
    for (let name = nameOf(tokens[i]); name !== undefined; name = nameOf(tokens[i])) {
      chain.push(name)
      if (!isWord(tokens[i + 1], '.')) break
      i += 2
    }
    const placed = chain.length > 1 || beforeNames.some(word => isWord(tokens[begin - 1], word))
    if (chain.length > 0 && placed && !isWord(tokens[i + 1], '(')) chains.set(chain.join('.'), chain)
  }
  return [...chains.values()]
}

function unplaced(name: string): QueryError {
  return new QueryError(
    'QUERY_BAD_SQL',
    `${name} could not be found in the text of the query; write it without a version, or in a simpler statement.`,
  )
}
