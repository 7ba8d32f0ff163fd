import { isWord, nameOf, type Token, tokensOf } from './statementText.js'

/** A statement about the lake itself, in Spark's syntax, or a query for DuckDB. */
export type LakeStatement =
  | { readonly kind: 'query' }
  | { readonly kind: 'showTables'; readonly namespace: string | undefined }
  /** The table is a name, a path or a URL. */
  | { readonly kind: 'history'; readonly table: string; readonly limit: number | undefined }
  | { readonly kind: 'detail'; readonly table: string }

/**
 * Parses `SHOW TABLES [IN namespace]`, `DESCRIBE HISTORY table [LIMIT n]` and `DESCRIBE DETAIL table`; the table is a
 * name, a path in quotes, or delta.`path`. Anything else is a query.
 */
export function parseLakeStatement(sql: string): LakeStatement {
  const tokens = tokensOf(sql).filter((token, i, all) => !(token.text === ';' && i === all.length - 1))
  const [first, second] = tokens
  if (isWord(first, 'SHOW') && isWord(second, 'TABLES')) return showTables(tokens.slice(2))
  if (!isWord(first, 'DESCRIBE') && !isWord(first, 'DESC')) return { kind: 'query' }
  const asked = isWord(second, 'HISTORY') ? 'history' : isWord(second, 'DETAIL') ? 'detail' : undefined
  // A table may be called `history`.
  if (asked === undefined || tokens.length === 2) return { kind: 'query' }
  const limited = asked === 'history' && isWord(tokens.at(-2), 'LIMIT')
  const limit = limited ? Number(tokens.at(-1)?.text) : undefined
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) return { kind: 'query' }
  const table = tableText(sql, tokens.slice(2, limited ? -2 : undefined))
  if (table === undefined) return { kind: 'query' }
  return asked === 'history' ? { kind: 'history', table, limit } : { kind: 'detail', table }
}

function showTables(rest: readonly Token[]): LakeStatement {
  if (rest.length === 0) return { kind: 'showTables', namespace: undefined }
  const names = rest.slice(1).flatMap((token, i) => (i % 2 === 0 ? [nameOf(token)] : []))
  const isPlaced = isWord(rest[0], 'IN') || isWord(rest[0], 'FROM')
  if (!isPlaced || names.length === 0 || names.includes(undefined)) return { kind: 'query' }
  return { kind: 'showTables', namespace: names.join('.') }
}

/** The table that tokens name: `a.b`, 'path', delta.`path`. */
function tableText(sql: string, tokens: readonly Token[]): string | undefined {
  const [first, last] = [tokens[0], tokens.at(-1)]
  if (first === undefined || last === undefined) return undefined
  if (first.kind === 'string')
    return tokens.length === 1
      ? Buffer.from(first.text.slice(1, -1).replaceAll("''", "'"), 'latin1').toString('utf8')
      : undefined
  const text = Buffer.from(sql, 'utf8').subarray(first.start, last.end).toString('utf8')
  const place = /^(?:delta\s*\.\s*)?`([^`]+)`$/i.exec(text)?.[1]
  if (place !== undefined) return place
  const names = tokens.flatMap((token, i) => (i % 2 === 0 ? [nameOf(token)] : isWord(token, '.') ? [] : [undefined]))
  return names.includes(undefined) ? undefined : names.join('.')
}
