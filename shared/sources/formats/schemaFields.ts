/** What a schema says a value is, as far as a contract asks: text may stand for a time or a number, `any` for everything. */
export type FieldKind =
  | 'text'
  | 'boolean'
  | 'whole number'
  | 'number'
  | 'decimal'
  | 'bytes'
  | 'date'
  | 'timestamp'
  | 'time without a zone'
  | 'object'
  | 'map'
  | 'array'
  | 'any'

/** What a registered schema says of one value. */
export interface SchemaValue {
  readonly kind: FieldKind
  /** Records of the schema may have null there. */
  readonly mayBeNull: boolean
  /** Of an object whose fields are known; asked for when they are needed, because a schema may hold itself. */
  readonly fields?: (() => readonly SchemaField[]) | undefined
  /** Of the items of an array, or the values of a map, that are known. */
  readonly each?: (() => SchemaValue) | undefined
}

/** A field of a registered schema. */
export interface SchemaField extends SchemaValue {
  readonly name: string
  /** Names that it had in earlier schemas, under which it is read too. */
  readonly aliases?: readonly string[]
  /** Records of the schema may lack it. */
  readonly mayBeAbsent: boolean
}
