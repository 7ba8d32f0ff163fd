import { SparkTokens, unsupported } from './sparkTokens.js'

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
  const tokens = new SparkTokens(sql)
  const tree = new SparkParser(tokens).condition()
  tokens.requireEnd()
  return tree
}

class SparkParser {
  readonly #tokens: SparkTokens

  constructor(tokens: SparkTokens) {
    this.#tokens = tokens
  }

  condition(): SparkTree {
    return this.#joined('OR', () => this.#joined('AND', () => this.#negation()))
  }

  #joined(word: string, next: () => SparkTree): SparkTree {
    let left = next()
    while (this.#tokens.takeWord(word)) left = { kind: 'operator', name: word.toLowerCase(), of: [left, next()] }
    return left
  }

  #negation(): SparkTree {
    if (this.#tokens.takeWord('NOT') || this.#tokens.takeSymbol('!'))
      return { kind: 'operator', name: 'not', of: [this.#negation()] }
    return this.#predicate()
  }

  #predicate(): SparkTree {
    let left = this.#binary(0)
    for (;;) {
      const start = this.#tokens.position
      const not = this.#tokens.takeWord('NOT')
      const found = this.#tail(left, not)
      if (found === undefined) {
        this.#tokens.position = start
        return left
      }
      left = found
    }
  }

  #tail(left: SparkTree, not: boolean): SparkTree | undefined {
    const wrapped = (tree: SparkTree): SparkTree => (not ? { kind: 'operator', name: 'not', of: [tree] } : tree)
    if (this.#tokens.takeWord('BETWEEN')) {
      const low = this.#binary(1)
      this.#tokens.needWord('AND')
      return wrapped({ kind: 'operator', name: 'between', of: [left, low, this.#binary(1)] })
    }
    if (this.#tokens.takeWord('IN')) {
      this.#tokens.needSymbol('(')
      return wrapped({ kind: 'operator', name: 'in', of: [left, ...this.#list()] })
    }
    for (const word of ['LIKE', 'RLIKE', 'REGEXP']) {
      if (!this.#tokens.takeWord(word)) continue
      const pattern = this.#binary(1)
      if (this.#tokens.takeWord('ESCAPE')) throw unsupported('LIKE with ESCAPE')
      return wrapped({ kind: 'operator', name: word === 'LIKE' ? 'like' : 'rlike', of: [left, pattern] })
    }
    if (not || !this.#tokens.takeWord('IS')) return undefined
    const isNot = this.#tokens.takeWord('NOT')
    const negated = (tree: SparkTree): SparkTree => (isNot ? { kind: 'operator', name: 'not', of: [tree] } : tree)
    if (this.#tokens.takeWord('NULL') || this.#tokens.takeWord('UNKNOWN'))
      return negated({ kind: 'operator', name: 'isnull', of: [left] })
    if (this.#tokens.takeWord('DISTINCT')) {
      this.#tokens.needWord('FROM')
      const same: SparkTree = { kind: 'operator', name: '<=>', of: [left, this.#binary(1)] }
      return isNot ? same : { kind: 'operator', name: 'not', of: [same] }
    }
    for (const [word, value] of [
      ['TRUE', true],
      ['FALSE', false],
    ] as const)
      if (this.#tokens.takeWord(word))
        return negated({ kind: 'operator', name: '<=>', of: [left, { kind: 'boolean', value }] })
    throw unsupported('IS without NULL, TRUE, FALSE or DISTINCT FROM')
  }

  #binary(level: number): SparkTree {
    const operators = binary[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      const name = operators.find(operator =>
        operator === 'div' ? this.#tokens.takeWord('DIV') : this.#tokens.takeSymbol(operator),
      )
      if (name === undefined) return left
      left = { kind: 'operator', name: sameAs[name] ?? name, of: [left, this.#binary(level + 1)] }
    }
  }

  #unary(): SparkTree {
    if (this.#tokens.takeSymbol('+')) return this.#unary()
    if (this.#tokens.takeSymbol('~')) return { kind: 'operator', name: '~', of: [this.#unary()] }
    if (!this.#tokens.takeSymbol('-')) return this.#primary()
    const token = this.#tokens.current
    if (token?.kind === 'number') {
      this.#tokens.take()
      return { kind: 'number', text: `-${token.text}`, suffix: token.suffix }
    }
    return { kind: 'operator', name: 'neg', of: [this.#unary()] }
  }

  #primary(): SparkTree {
    const token = this.#tokens.take()
    if (token === undefined) throw unsupported('an end where a value is expected')
    switch (token.kind) {
      case 'number':
      case 'string':
        return token
      case 'symbol': {
        if (token.text !== '(') throw unsupported(`${JSON.stringify(token.text)} where a value is expected`)
        const inside = this.condition()
        this.#tokens.needSymbol(')')
        return inside
      }
      case 'word':
        return token.quoted ? this.#column(token.text) : this.#named(token.text)
    }
  }

  #named(text: string): SparkTree {
    const word = text.toUpperCase()
    const next = this.#tokens.current
    if (typedWords.has(word) && next?.kind === 'string') {
      this.#tokens.take()
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
    this.#tokens.take()
    if (word === 'CAST') {
      const of = this.condition()
      this.#tokens.needWord('AS')
      const type: string[] = []
      for (let depth = 0; ;) {
        const part = this.#tokens.take()
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
    const subject = this.#tokens.isWord('WHEN') ? undefined : this.condition()
    const branches: (readonly [SparkTree, SparkTree])[] = []
    while (this.#tokens.takeWord('WHEN')) {
      const when = this.condition()
      this.#tokens.needWord('THEN')
      branches.push([
        subject === undefined ? when : { kind: 'operator', name: '=', of: [subject, when] },
        this.condition(),
      ])
    }
    const otherwise: SparkTree = this.#tokens.takeWord('ELSE') ? this.condition() : { kind: 'null' }
    this.#tokens.needWord('END')
    return { kind: 'case', branches, otherwise }
  }

  #column(first: string): SparkTree {
    const path = [first]
    while (this.#tokens.takeSymbol('.')) {
      const token = this.#tokens.take()
      if (token?.kind !== 'word') throw unsupported('a point without a name behind it')
      path.push(token.text)
    }
    return { kind: 'column', path }
  }

  /** What is between brackets, after the opening one was taken. */
  #list(): SparkTree[] {
    if (this.#tokens.takeSymbol(')')) return []
    const items = [this.condition()]
    while (this.#tokens.takeSymbol(',')) items.push(this.condition())
    this.#tokens.needSymbol(')')
    return items
  }
}
