import { type SparkToken, sparkTokens, unsupported } from './sparkTokens.js'

/** An expression of Spark's SQL, taken apart. */
export type SparkTree =
  | { readonly kind: 'number'; readonly text: string; readonly suffix: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  /** `DATE '…'`, `TIMESTAMP_NTZ '…'` and the like, by the word in upper case. */
  | { readonly kind: 'typed'; readonly word: string; readonly text: string }
  | { readonly kind: 'column'; readonly path: readonly string[] }
  /** Operators in symbols and words, by one name each: `=`, `<=>`, `and`, `div`, `neg`, … */
  | { readonly kind: 'operator'; readonly name: string; readonly of: readonly SparkTree[] }
  | { readonly kind: 'call'; readonly name: string; readonly of: readonly SparkTree[] }
  | { readonly kind: 'cast'; readonly of: SparkTree; readonly type: string }
  | {
      readonly kind: 'case'
      readonly branches: readonly (readonly [when: SparkTree, then: SparkTree])[]
      readonly otherwise: SparkTree
    }

const binary: readonly (readonly string[])[] = [
  ['=', '==', '<=>', '<>', '!=', '<', '<=', '>', '>='],
  ['|'],
  ['^'],
  ['&'],
  ['+', '-', '||'],
  ['*', '/', '%', 'div'],
]
const sameAs: Readonly<Record<string, string>> = { '==': '=', '!=': '<>' }
const typedWords: ReadonlySet<string> = new Set([
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP_NTZ',
  'TIMESTAMP_LTZ',
  'X',
  'INTERVAL',
])

/**
 * Parses an expression with Spark's precedences.
 *
 * @throws QueryError QUERY_UNSUPPORTED_EXPRESSION
 */
export function sparkTree(sql: string): SparkTree {
  const parser = new SparkParser(sparkTokens(sql))
  const tree = parser.condition()
  parser.end()
  return tree
}

class SparkParser {
  readonly #tokens: readonly SparkToken[]
  #at = 0

  constructor(tokens: readonly SparkToken[]) {
    this.#tokens = tokens
  }

  end(): void {
    const token = this.#tokens[this.#at]
    if (token !== undefined) throw unsupported(`${JSON.stringify(token.text)} where nothing more is expected`)
  }

  condition(): SparkTree {
    return this.#joined('OR', () => this.#joined('AND', () => this.#negation()))
  }

  #joined(word: string, next: () => SparkTree): SparkTree {
    let left = next()
    while (this.#takeWord(word)) left = { kind: 'operator', name: word.toLowerCase(), of: [left, next()] }
    return left
  }

  #negation(): SparkTree {
    if (this.#takeWord('NOT') || this.#takeSymbol('!')) return { kind: 'operator', name: 'not', of: [this.#negation()] }
    return this.#predicate()
  }

  #predicate(): SparkTree {
    let left = this.#binary(0)
    for (;;) {
      const start = this.#at
      const not = this.#takeWord('NOT')
      const found = this.#tail(left, not)
      if (found === undefined) {
        this.#at = start
        return left
      }
      left = found
    }
  }

  #tail(left: SparkTree, not: boolean): SparkTree | undefined {
    const wrapped = (tree: SparkTree): SparkTree => (not ? { kind: 'operator', name: 'not', of: [tree] } : tree)
    if (this.#takeWord('BETWEEN')) {
      const low = this.#binary(1)
      this.#needWord('AND')
      return wrapped({ kind: 'operator', name: 'between', of: [left, low, this.#binary(1)] })
    }
    if (this.#takeWord('IN')) {
      this.#needSymbol('(')
      return wrapped({ kind: 'operator', name: 'in', of: [left, ...this.#list()] })
    }
    for (const word of ['LIKE', 'RLIKE', 'REGEXP']) {
      if (!this.#takeWord(word)) continue
      const pattern = this.#binary(1)
      if (this.#takeWord('ESCAPE')) throw unsupported('LIKE with ESCAPE')
      return wrapped({ kind: 'operator', name: word === 'LIKE' ? 'like' : 'rlike', of: [left, pattern] })
    }
    if (not || !this.#takeWord('IS')) return undefined
    const isNot = this.#takeWord('NOT')
    const negated = (tree: SparkTree): SparkTree => (isNot ? { kind: 'operator', name: 'not', of: [tree] } : tree)
    if (this.#takeWord('NULL') || this.#takeWord('UNKNOWN'))
      return negated({ kind: 'operator', name: 'isnull', of: [left] })
    if (this.#takeWord('DISTINCT')) {
      this.#needWord('FROM')
      const same: SparkTree = { kind: 'operator', name: '<=>', of: [left, this.#binary(1)] }
      return isNot ? same : { kind: 'operator', name: 'not', of: [same] }
    }
    for (const [word, value] of [
      ['TRUE', true],
      ['FALSE', false],
    ] as const)
      if (this.#takeWord(word))
        return negated({ kind: 'operator', name: '<=>', of: [left, { kind: 'boolean', value }] })
    throw unsupported('IS without NULL, TRUE, FALSE or DISTINCT FROM')
  }

  #binary(level: number): SparkTree {
    const operators = binary[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      const name = operators.find(operator => (operator === 'div' ? this.#takeWord('DIV') : this.#takeSymbol(operator)))
      if (name === undefined) return left
      left = { kind: 'operator', name: sameAs[name] ?? name, of: [left, this.#binary(level + 1)] }
    }
  }

  #unary(): SparkTree {
    if (this.#takeSymbol('+')) return this.#unary()
    if (this.#takeSymbol('~')) return { kind: 'operator', name: '~', of: [this.#unary()] }
    if (!this.#takeSymbol('-')) return this.#primary()
    const token = this.#tokens[this.#at]
    if (token?.kind === 'number') {
      this.#at++
      return { kind: 'number', text: `-${token.text}`, suffix: token.suffix }
    }
    return { kind: 'operator', name: 'neg', of: [this.#unary()] }
  }

  #primary(): SparkTree {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw unsupported('an end where a value is expected')
    switch (token.kind) {
      case 'number':
      case 'string':
        return token
      case 'symbol': {
        if (token.text !== '(') throw unsupported(`${JSON.stringify(token.text)} where a value is expected`)
        const inside = this.condition()
        this.#needSymbol(')')
        return inside
      }
      case 'word':
        return token.quoted ? this.#column(token.text) : this.#named(token.text)
    }
  }

  #named(text: string): SparkTree {
    const word = text.toUpperCase()
    const next = this.#tokens[this.#at]
    if (typedWords.has(word) && next?.kind === 'string') {
      this.#at++
      return { kind: 'typed', word, text: next.text }
    }
    switch (word) {
      case 'TRUE':
      case 'FALSE':
        return { kind: 'boolean', value: word === 'TRUE' }
      case 'NULL':
        return { kind: 'null' }
      case 'CASE':
        return this.#case()
      case 'INTERVAL':
      case 'EXISTS':
      case 'SELECT':
        throw unsupported(word)
    }
    if (next?.kind !== 'symbol' || next.text !== '(') return this.#column(text)
    this.#at++
    if (word === 'CAST') {
      const of = this.condition()
      this.#needWord('AS')
      const type: string[] = []
      for (let depth = 0; ;) {
        const part = this.#tokens[this.#at++]
        if (part === undefined) throw unsupported('a CAST that does not end')
        if (part.text === ')' && depth-- === 0) break
        if (part.text === '(') depth++
        type.push(part.text)
      }
      return { kind: 'cast', of, type: type.join('').toLowerCase() }
    }
    return { kind: 'call', name: text.toLowerCase(), of: this.#list() }
  }

  #case(): SparkTree {
    const subject = this.#isWord('WHEN') ? undefined : this.condition()
    const branches: (readonly [SparkTree, SparkTree])[] = []
    while (this.#takeWord('WHEN')) {
      const when = this.condition()
      this.#needWord('THEN')
      branches.push([
        subject === undefined ? when : { kind: 'operator', name: '=', of: [subject, when] },
        this.condition(),
      ])
    }
    const otherwise: SparkTree = this.#takeWord('ELSE') ? this.condition() : { kind: 'null' }
    this.#needWord('END')
    return { kind: 'case', branches, otherwise }
  }

  #column(first: string): SparkTree {
    const path = [first]
    while (this.#takeSymbol('.')) {
      const token = this.#tokens[this.#at++]
      if (token?.kind !== 'word') throw unsupported('a point without a name behind it')
      path.push(token.text)
    }
    return { kind: 'column', path }
  }

  /** What is between brackets, after the opening one was taken. */
  #list(): SparkTree[] {
    if (this.#takeSymbol(')')) return []
    const items = [this.condition()]
    while (this.#takeSymbol(',')) items.push(this.condition())
    this.#needSymbol(')')
    return items
  }

  #isWord(word: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'word' && !token.quoted && token.text.toUpperCase() === word
  }

  #takeWord(word: string): boolean {
    const found = this.#isWord(word)
    if (found) this.#at++
    return found
  }

  #takeSymbol(text: string): boolean {
    const token = this.#tokens[this.#at]
    const found = token?.kind === 'symbol' && token.text === text
    if (found) this.#at++
    return found
  }

  #needWord(word: string): void {
    if (!this.#takeWord(word)) throw unsupported(`no ${word} where one is expected`)
  }

  #needSymbol(text: string): void {
    if (!this.#takeSymbol(text))
      throw unsupported(
        `${JSON.stringify(this.#tokens[this.#at]?.text ?? 'an end')} where ${JSON.stringify(text)} is expected`,
      )
  }
}
