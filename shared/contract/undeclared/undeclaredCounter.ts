import type { ContractField } from '../contractField.js'
import { isObject } from '../validationIssue.js'
import {
  copyOf,
  type CountedField,
  type Field,
  type FieldLevel,
  keptName,
  levelOf,
  longestOrder,
  type Place,
} from './fieldLevel.js'
import { type FieldPath, inItems, type UndeclaredFields } from './undeclaredFields.js'
import { kindNumbers, kindOf, valueKinds } from './valueKind.js'

/** Fields that one counter tells apart. */
const mostFields = 200

/** How deep it looks into a field that is not declared, and at how many items of an array there. */
const [deepest, mostItems] = [4, 8]

/** Fields of one object that are not declared: their kept names, and what their values are, which have no fields. */
export interface MetFields {
  readonly names: string[]
  readonly kinds: number[]
  /** How many there are; what is behind them is of an earlier object. */
  count: number
}

/**
 * Counts the fields that records have and a contract lacks, while the records are read. One counter counts for one batch.
 * How much it keeps is bounded, whatever names and values there are; what is more is counted as others.
 */
export class UndeclaredCounter {
  /** The fields of a value as a whole. */
  readonly #root: FieldLevel
  readonly #counted: CountedField[] = []
  /** What readers have met in the last value: most have the same. */
  readonly #lastMet = { names: [] as (string | undefined)[], fields: [] as (Field | undefined)[] }
  #record = 0
  #others = 0
  #othersRecord = 0

  /** @param declared as `Stream.fields` */
  constructor(declared: readonly ContractField[]) {
    this.#root = levelOf([], declared)
  }

  /** Counts one record by its decoded value. What is no object has no fields. */
  count(found: unknown): void {
    this.#record++
    if (isObject(found)) this.#object(this.#root, found)
  }

  /** The same of one whose reader has met its fields itself. */
  countMet({ names, kinds, count }: MetFields): void {
    this.#record++
    const { names: lastNames, fields } = this.#lastMet
    for (let i = 0; i < count; i++) {
      const name = names[i] as string
      let field = fields[i]
      if (lastNames[i] !== name) {
        lastNames[i] = name
        field = fields[i] = this.#fieldOf(this.#root, name)
      }
      if (field?.isDeclared === false) this.#met(field, kinds[i] as number)
      else if (field === undefined) this.#hasRoom()
    }
  }

  /** What was counted. */
  get counts(): UndeclaredFields {
    const fields = this.#counted.map(({ path, records, kinds }) => ({
      path,
      records,
      kinds: valueKinds.filter((_, bit) => (kinds & (1 << bit)) !== 0),
    }))
    return { fields, others: this.#others }
  }

  #object(level: FieldLevel, found: Record<string, unknown>): void {
    const { order } = level
    let turn = 0
    for (const name in found) {
      let field = order[turn]
      if (field?.name !== name) {
        field = this.#fieldOf(level, name)
        if (turn < longestOrder) order[turn] = field
      }
      turn++
      if (field === undefined) continue
      if (!field.isDeclared) this.#undeclared(field, found[name])
      else if (field.inside !== undefined) this.#declared(field.inside, found[name])
    }
  }

  #declared(place: Place, found: unknown): void {
    if (place.kind === 'items') {
      if (Array.isArray(found)) for (const item of found as readonly unknown[]) this.#declared(place.each, item)
    } else if (isObject(found)) {
      if (place.kind === 'fields') this.#object(place.level, found)
      else for (const value of Object.values(found)) this.#declared(place.each, value)
    }
  }

  #undeclared(field: CountedField, value: unknown): void {
    const kind = kindOf(value)
    this.#met(field, kind)
    if (field.path.length >= deepest) return
    if (kind === kindNumbers.object) {
      field.level ??= levelOf(field.path, [])
      this.#object(field.level, value as Record<string, unknown>)
    } else if (kind === kindNumbers.array) {
      for (const item of (value as readonly unknown[]).slice(0, mostItems)) {
        if (field.items === undefined && this.#hasRoom()) field.items = this.#newField('', [...field.path, inItems])
        if (field.items !== undefined) this.#undeclared(field.items, item)
      }
    }
  }

  #met(field: CountedField, kind: number): void {
    field.kinds |= 1 << kind
    if (field.record === this.#record) return
    field.record = this.#record
    field.records++
  }

  /** Undefined of one too many, which is counted. */
  #fieldOf(level: FieldLevel, written: string): Field | undefined {
    const kept = keptName(written)
    const known = level.fields.get(written) ?? level.fields.get(kept)
    if (known !== undefined || !this.#hasRoom()) return known
    // A copy: what is cut out of a record's text keeps all of it in memory.
    const name = copyOf(kept)
    const field = this.#newField(name, [...level.path, name])
    level.fields.set(name, field)
    return field
  }

  #hasRoom(): boolean {
    if (this.#counted.length < mostFields) return true
    if (this.#othersRecord !== this.#record) this.#others++
    this.#othersRecord = this.#record
    return false
  }

  #newField(name: string, path: FieldPath): CountedField {
    const field: CountedField = {
      isDeclared: false,
      name,
      path,
      records: 0,
      record: 0,
      kinds: 0,
      level: undefined,
      items: undefined,
    }
    this.#counted.push(field)
    return field
  }
}
