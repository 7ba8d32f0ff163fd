import { unsupported } from './sparkTokens.js'

/** Patterns of LIKE and RLIKE in Spark's meaning, for DuckDB. */

/** A LIKE pattern, to be used with the escape `\`. */
export function likePattern(pattern: string): string {
  if (/\\(?![%_\\])/.test(pattern.replaceAll('\\\\', '')))
    throw unsupported('a LIKE pattern with a backslash before another character than %, _ or \\')
  return pattern
}

const lineEnds = '\\n\\r\\x{85}\\x{2028}\\x{2029}'
const outside: Readonly<Record<string, string>> = {
  '.': `[^${lineEnds}]`,
  // In Java an end of line at the text's end is behind the end.
  $: `(?:(?:\\r\\n|[${lineEnds}])?\\z)`,
  '^': '\\A',
}
const classes: Readonly<Record<string, string>> = { d: '0-9', w: 'a-zA-Z0-9_', s: ' \\t\\n\\x0B\\f\\r' }

/** A regular expression of Java as one of RE2 that finds the same; only what both have with one meaning. */
export function regexPattern(pattern: string): string {
  let output = ''
  for (let i = 0; i < pattern.length;) {
    const rest = pattern.slice(i)
    const part = /^(?:\\.|\[\^?(?:\\.|[^\\\]&[])+\]|\(\?:|\{\d{1,3}(?:,\d{0,3})?\}|[^])/su.exec(rest)?.[0] ?? ''
    if (part === '(' && rest[1] === '?') throw unsupported(`${rest.slice(0, 3)} in a regular expression`)
    output += regexPart(part)
    i += part.length
    // Lazy and possessive repetition ask for more than whether something is found.
    if (
      /^[*+?}]$/.test(part.at(-1) ?? '') &&
      !part.startsWith('\\') &&
      !part.startsWith('[') &&
      /^[+]/.test(pattern.slice(i))
    )
      throw unsupported('a possessive repetition')
  }
  return output
}

function regexPart(part: string): string {
  const plain = outside[part]
  if (plain !== undefined) return plain
  if (part.startsWith('[')) {
    if (part.length === 1) throw unsupported('a set of characters that is nested, joined or does not end')
    const inside = part.slice(part.startsWith('[^') ? 2 : 1, -1).replace(/\\(.)/gsu, (_, char: string) => {
      const named = classes[char]
      if (named !== undefined) return named
      if (/[a-zA-Z0-9]/.test(char)) return control(char)
      return `\\${char}`
    })
    return `${part.startsWith('[^') ? '[^' : '['}${inside}]`
  }
  if (part.startsWith('\\')) {
    const char = part.slice(1)
    const named = classes[char.toLowerCase()]
    if (named !== undefined) return `[${char === char.toLowerCase() ? '' : '^'}${named}]`
    return /[a-zA-Z0-9]/.test(char) ? control(char) : `\\${char}`
  }
  if (part === '(?:' || part === '(') return '(?:'
  if (part.startsWith('{')) {
    if (part.length === 1) throw unsupported('a brace in a regular expression')
    return part
  }
  return part
}

function control(char: string): string {
  if ('tnrf'.includes(char)) return `\\${char}`
  throw unsupported(`\\${char} in a regular expression`)
}
