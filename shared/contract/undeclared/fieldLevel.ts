import type { ContractField, ContractPlace } from '../contractField.js'
import { type FieldPath, inItems, inValues } from './undeclaredFields.js'

/** A field of the contract, as it is met at one place of a value. */
export interface DeclaredField {
  readonly isDeclared: true
  readonly name: string
  /** Where in it there are objects with fields; undefined when there are none. */
  readonly inside: Place | undefined
}

/** A field that the contract lacks. */
export interface CountedField {
  readonly isDeclared: false
  readonly name: string
  readonly path: FieldPath
  /** How many records have it. */
  records: number
  /** The last of them, as the counter numbers them. */
  record: number
  /** A bit for each kind of value that was met. */
  kinds: number
  /** Its own fields, once it was an object; its items, once it was an array. */
  level: FieldLevel | undefined
  items: CountedField | undefined
}

/** A field of either sort. */
export type Field = DeclaredField | CountedField

/** Where the objects in a declared value are: it is one, or its items or values are or hold some. */
export type Place =
  { readonly kind: 'fields'; readonly level: FieldLevel } | { readonly kind: 'items' | 'values'; readonly each: Place }

/** The fields that objects at one place of a value have. */
export interface FieldLevel {
  readonly path: FieldPath
  /** By their kept names: those that are declared, and those that were counted. */
  readonly fields: Map<string, Field>
  /**
   * Fields in the order in which the last object had them: most objects have the same, so that a reader compares a name
   * instead of looking it up. No longer than {@link longestOrder}.
   */
  readonly order: (Field | undefined)[]
}

/** Fields of one object whose order is remembered. */
export const longestOrder = 256

/** Characters of a name that are kept. */
const longestName = 100

/** A name as levels know it: cut where it is long. */
export function keptName(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName)}…` : name
}

/** The same text in memory of its own. */
export function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}

/** A level with what is declared at it. */
export function levelOf(path: FieldPath, declared: readonly ContractField[]): FieldLevel {
  const order = declared.flatMap(({ name, aliases, inside }) => {
    const place = inside && placeIn(inside, [...path, name])
    return [name, ...aliases].map((one): Field => ({ isDeclared: true, name: one, inside: place }))
  })
  return { path, fields: new Map(order.map(field => [field.name, field])), order }
}

function placeIn(place: ContractPlace, path: FieldPath): Place {
  const { kind } = place
  if (kind === 'fields') return { kind, level: levelOf(path, place.fields) }
  return { kind, each: placeIn(place.each, [...path, kind === 'items' ? inItems : inValues]) }
}
