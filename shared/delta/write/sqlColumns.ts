/**
 * The columns that an expression in Spark's SQL may refer to: every name in it that is no function's, with the names
 * that follow by dots. More than there are, never fewer: keywords and aliases are among them.
 */
export function sqlColumns(sql: string): string[][] {
  const paths: string[][] = []
  let path: string[] = []
  let joined = false
  let callable = false
  const end = () => {
    if (path.length > 0) paths.push(path)
    path = []
  }
  const tokens =
    /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`((?:[^`]|``)*)`|([\p{L}_][\p{L}\p{N}_$]*)|([.(])|\d[\w.]*|\S/gu
  for (const [, quoted, plain, mark] of sql.matchAll(tokens)) {
    const name = quoted?.replaceAll('``', '`') ?? plain
    if (name !== undefined) {
      if (!joined) end()
      path.push(name)
      callable = plain !== undefined && path.length === 1
      joined = false
      continue
    }
    joined = mark === '.' && path.length > 0
    if (joined) continue
    if (mark === '(' && callable) path = []
    end()
  }
  end()
  return paths
}

/** Whether an expression may refer to the column at `path`, of something inside it, or of what it is inside of. */
export function refersTo(sql: string, path: readonly string[]): boolean {
  const wanted = path.map(name => name.toLowerCase())
  return sqlColumns(sql).some(found =>
    found.slice(0, wanted.length).every((name, i) => name.toLowerCase() === wanted[i]),
  )
}
