/** From 0 up to 1. */
export type Random = () => number

type Maker = (random: Random) => string

/** Most repetitions where a pattern sets no limit, over its least. */
const openEnded = 4

/**
 * Draws strings that a regular expression should match: classes, groups, alternatives, quantifiers and escapes; what it
 * only looks at (anchors, look-around, `\b`) is passed over, so a text has to be checked. Undefined for what it does not
 * know, as back references.
 */
export function patternSampler(pattern: RegExp): Maker | undefined {
  try {
    const reader = new PatternReader(pattern.source)
    const maker = reader.alternatives()
    return reader.isAtEnd ? maker : undefined
  } catch (thrown) {
    if (thrown instanceof UnknownSyntax) return undefined
    throw thrown
  }
}

class UnknownSyntax extends Error {}

type CharRange = readonly [from: number, to: number]

const digits: readonly CharRange[] = [[48, 57]]
const word: readonly CharRange[] = [
  [97, 122],
  [65, 90],
  [48, 57],
  [95, 95],
]
const anything: readonly CharRange[] = [
  [97, 122],
  [65, 90],
  [48, 57],
]

class PatternReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  alternatives(): Maker {
    const choices = [this.#sequence()]
    while (this.#take('|')) choices.push(this.#sequence())
    return random => (choices[Math.floor(random() * choices.length)] as Maker)(random)
  }

  #sequence(): Maker {
    const parts: Maker[] = []
    while (!this.isAtEnd && !'|)'.includes(this.#peek())) parts.push(this.#quantified())
    return random => parts.map(part => part(random)).join('')
  }

  #quantified(): Maker {
    const part = this.#atom()
    const [least, most] = this.#quantifier()
    return random =>
      Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, () => part(random)).join('')
  }

  #quantifier(): readonly [least: number, most: number] {
    const found = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/.exec(this.#text.slice(this.#at))
    if (found === null) return [1, 1]
    this.#at += found[0].length
    if (found[0].startsWith('*')) return [0, openEnded]
    if (found[0].startsWith('+')) return [1, 1 + openEnded]
    if (found[0].startsWith('?')) return [0, 1]
    const least = Number(found[1])
    return [least, found[2] === undefined ? least : found[3] === '' ? least + openEnded : Number(found[3])]
  }

  #atom(): Maker {
    const char = this.#next()
    switch (char) {
      case '^':
      case '$':
        return () => ''
      case '.':
        return oneOf(anything)
      case '(':
        return this.#group()
      case '[':
        return oneOf(this.#class())
      case '\\':
        return this.#escape()
      default:
        return () => char
    }
  }

  #group(): Maker {
    const kind = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.#text.slice(this.#at))?.[0] ?? ''
    this.#at += kind.length
    const inner = this.alternatives()
    if (!this.#take(')')) throw new UnknownSyntax()
    return /[=!]$/.test(kind) ? () => '' : inner
  }

  #escape(): Maker {
    const char = this.#next()
    if ('bB'.includes(char)) return () => ''
    return oneOf(this.#escaped(char))
  }

  #escaped(char: string): readonly CharRange[] {
    if (char === 'd') return digits
    if (char === 'w') return word
    if (char === 's') return only(' ')
    if (char === 'D' || char === 'S') return [[97, 122]]
    if (char === 'W') return only('-')
    if (/[1-9pPk]/.test(char)) throw new UnknownSyntax()
    if (char === 'x' || char === 'u') {
      const hex = /^(?:[0-9a-f]{2}(?:[0-9a-f]{2})?)/i.exec(
        this.#text.slice(this.#at, this.#at + (char === 'x' ? 2 : 4)),
      )?.[0]
      if (hex === undefined) throw new UnknownSyntax()
      this.#at += hex.length
      return only(String.fromCharCode(parseInt(hex, 16)))
    }
    return only({ n: '\n', r: '\r', t: '\t', 0: '\0' }[char] ?? char)
  }

  #class(): readonly CharRange[] {
    const isNegated = this.#take('^')
    const ranges: CharRange[] = []
    while (!this.#take(']')) {
      const from = this.#classPart()
      const isRange = this.#peek() === '-' && this.#text[this.#at + 1] !== ']' && from.length === 1
      if (!isRange) {
        ranges.push(...from)
        continue
      }
      this.#at++
      ranges.push([from[0]?.[0] ?? 0, this.#classPart()[0]?.[1] ?? 0])
    }
    if (!isNegated) return ranges
    const allowed = Array.from({ length: 95 }, (_, i) => i + 32).filter(
      code => !ranges.some(([from, to]) => code >= from && code <= to),
    )
    return allowed.map(code => [code, code])
  }

  #classPart(): readonly CharRange[] {
    const char = this.#next()
    return char === '\\' ? this.#escaped(this.#next()) : only(char)
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #next(): string {
    const char = this.#peek()
    if (char === '') throw new UnknownSyntax()
    this.#at++
    return char
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false
    this.#at++
    return true
  }
}

function only(char: string): readonly CharRange[] {
  const code = char.charCodeAt(0)
  return [[code, code]]
}

function oneOf(ranges: readonly CharRange[]): Maker {
  const count = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0)
  if (count < 1) throw new UnknownSyntax()
  return random => {
    let nth = Math.floor(random() * count)
    for (const [from, to] of ranges) {
      if (nth <= to - from) return String.fromCharCode(from + nth)
      nth -= to - from + 1
    }
    return ''
  }
}
