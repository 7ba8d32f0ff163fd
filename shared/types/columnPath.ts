/**
 * Names of columns inside structs: `a.b`, with a name that holds a dot or a backtick in backticks, as in a table property.
 */
export function columnKey(path: readonly string[]): string {
  const [only] = path
  if (path.length === 1 && only !== undefined && !/[.`]/.test(only)) return only
  return path.map(name => (/[.`]/.test(name) ? inBackticks(name) : name)).join('.')
}

/**
 * The same as other engines write it into tags and the history of a table: a name that is more than letters, digits and
 * underscores is in backticks, `new id`.`12`. They compare such strings.
 */
export function quotedColumn(path: readonly string[]): string {
  return path.map(name => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : inBackticks(name))).join('.')
}

const inBackticks = (name: string) => `\`${name.replaceAll('`', '``')}\``

/** The paths in a comma-separated list of column names, as table properties have it. */
export function parseColumnList(text: string): string[][] {
  const paths: string[][] = []
  let path: string[] = []
  let name = ''
  const endName = () => {
    if (name.trim() !== '') path.push(name.trim())
    name = ''
  }
  const endPath = () => {
    endName()
    if (path.length > 0) paths.push(path)
    path = []
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (char === '`') {
      let quoted = ''
      for (i++; i < text.length; i++) {
        if (text[i] === '`' && text[i + 1] === '`') i++
        else if (text[i] === '`') break
        quoted += text[i] as string
      }
      path.push(quoted)
      name = ''
    } else if (char === '.') endName()
    else if (char === ',') endPath()
    else name += char
  }
  endPath()
  return paths
}

/** A column, inside structs perhaps: its names in order, or the same as {@link columnKey} writes them. */
export type ColumnPath = string | readonly string[]

/** The names in order; inside arrays and maps `element`, `key` and `value` name what they hold. */
export function parseColumnPath(path: ColumnPath): readonly string[] {
  if (typeof path !== 'string') return path
  // A name that no table property could hold, as one with a comma, is a whole name unless it is quoted.
  const paths = parseColumnList(path)
  return paths.length === 1 && paths[0] !== undefined ? paths[0] : [path]
}
