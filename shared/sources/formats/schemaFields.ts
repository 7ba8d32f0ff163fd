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

/** A field of a registered schema. */
export interface SchemaField {
  readonly name: string
  readonly kind: FieldKind
  /** Records of the schema may have null in it. */
  readonly mayBeNull: boolean
  /** Records of the schema may lack it. */
  readonly mayBeAbsent: boolean
}
