/** Bytes that are not what their schema says. Thrown by decoders and caught by who asked: it is an expected outcome. */
export class UndecodableValue extends Error {
  /** The field, from the value that was asked about inwards; empty for the value as a whole. */
  path = ''

  /** The same, inside a field. */
  inField(name: string): this {
    this.path = this.path === '' || this.path.startsWith('[') ? name + this.path : `${name}.${this.path}`
    return this
  }
}

/** A schema that cannot be used; thrown where it is compiled and caught by who asked. */
export class UnusableSchema extends Error {}
