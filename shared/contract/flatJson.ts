import { copyOf, keptName, kindOf, type MetFields, type UndeclaredCounter } from './undeclared/index.js'

/**
 * Reads JSON objects without nesting, faster than JSON.parse does: most events are one.
 *
 * What is not that simple (escapes, nested values, numbers with a fraction or exponent outside plain notation) and what
 * is not JSON at all makes it give up, so JSON.parse decides about both.
 */
export type FlatJsonReader = (text: string, undeclared?: UndeclaredCounter) => Record<string, unknown> | undefined

interface Field {
  readonly name: string
  readonly isDeclared: boolean
}

/** Fields that are known by name, and those of one object whose order is remembered. */
const [mostKnown, mostRemembered] = [1_000, 256]

const quote = 34
const backslash = 92

/**
 * A reader of the named fields; others are read over, and counted where it does not give up. Fields that are absent are
 * undefined, of repeated ones the last counts.
 * @param strict gives up where a field has another name
 */
export function flatJsonReader(names: readonly string[], strict: boolean): FlatJsonReader {
  const known = new Map<string, Field>(names.map(name => [name, { name, isDeclared: true }]))
  // As the last object had them.
  const order: Field[] = [...known.values()]
  // One for all objects: an allocation for each would cost more than the rest.
  const met: MetFields = { names: [], kinds: [], count: 0 }
  const blank = Object.fromEntries(names.map(name => [name, undefined]))
  const fieldOf = (written: string, turn: number): Field => {
    const kept = keptName(written)
    let field = known.get(written) ?? known.get(kept)
    if (field === undefined) {
      if (known.size >= mostKnown) return { name: kept, isDeclared: false }
      // A copy: what is cut out of a record's text keeps all of it in memory.
      field = { name: copyOf(kept), isDeclared: false }
      known.set(field.name, field)
    }
    if (turn < mostRemembered) order[turn] = field
    return field
  }

  return (text, undeclared) => {
    const found: Record<string, unknown> = { ...blank }
    met.count = 0
    let at = skipBlanks(text, 0)
    if (text.charCodeAt(at) !== 123 /* { */) return undefined
    at = skipBlanks(text, at + 1)
    for (let turn = 0; ; turn++) {
      if (text.charCodeAt(at) !== quote) return undefined
      let field = order[turn]
      let close: number
      // Producers mostly write fields in one order; try the expected name before looking it up.
      if (
        field !== undefined &&
        text.startsWith(field.name, at + 1) &&
        text.charCodeAt(at + 1 + field.name.length) === quote
      ) {
        close = at + 1 + field.name.length
      } else {
        close = stringEnd(text, at + 1)
        if (close < 0) return undefined
        field = fieldOf(text.slice(at + 1, close), turn)
      }
      if (strict && !field.isDeclared) return undefined
      at = skipBlanks(text, close + 1)
      if (text.charCodeAt(at) !== 58 /* : */) return undefined
      const value = valueAt(text, skipBlanks(text, at + 1))
      if (value === undefined) return undefined
      if (field.isDeclared) found[field.name] = value
      else if (undeclared !== undefined) {
        met.names[met.count] = field.name
        met.kinds[met.count++] = kindOf(value)
      }
      at = skipBlanks(text, end)
      const c = text.charCodeAt(at)
      if (c === 125 /* } */) {
        if (skipBlanks(text, at + 1) !== text.length) return undefined
        if (met.count > 0) undeclared?.countMet(met)
        return found
      }
      if (c !== 44 /* , */) return undefined
      at = skipBlanks(text, at + 1)
    }
  }
}

/** Where the last value ended: known between two calls only, and faster than a field of what they return. */
let end = 0

/** The value at `at`; undefined, which no JSON value is, gives up. */
function valueAt(text: string, at: number): unknown {
  const c = text.charCodeAt(at)
  if (c === quote) {
    const close = stringEnd(text, at + 1)
    end = close + 1
    return close < 0 ? undefined : text.slice(at + 1, close)
  }
  if (c === 45 || (c >= 48 && c <= 57)) return numberAt(text, at)
  if (c === 110) return literal(text, at, 'null', null)
  if (c === 116) return literal(text, at, 'true', true)
  if (c === 102) return literal(text, at, 'false', false)
  return undefined
}

function literal(text: string, at: number, word: string, value: boolean | null): unknown {
  end = at + word.length
  return text.startsWith(word, at) ? value : undefined
}

function numberAt(text: string, at: number): unknown {
  let i = text.charCodeAt(at) === 45 ? at + 1 : at
  const first = i
  while (isDigit(text.charCodeAt(i))) i++
  if (i === first || (i > first + 1 && text.charCodeAt(first) === 48)) return undefined
  if (text.charCodeAt(i) === 46) {
    const fraction = ++i
    while (isDigit(text.charCodeAt(i))) i++
    if (i === fraction) return undefined
  }
  const next = text.charCodeAt(i)
  if (next === 101 || next === 69) return undefined
  end = i
  return Number(text.slice(at, i))
}

/** The end of a string's content that begins at `at`, or -1. */
function stringEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === quote) return i
    if (c < 32 || c === backslash) return -1
  }
  return -1
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57
}

function skipBlanks(text: string, at: number): number {
  let i = at
  for (;;) {
    const c = text.charCodeAt(i)
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return i
    i++
  }
}
