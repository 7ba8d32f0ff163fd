import { isJsonArray, isJsonObject, type JsonObject } from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import type { ActionFields } from './actionBody.js'

/** The fields of one action, each read as the type it must have; null is absent. */
export class Fields implements ActionFields<ActionFields> {
  readonly name: string
  readonly body: JsonObject
  readonly #where: LogPlace | undefined

  constructor(name: string, body: JsonObject, where: LogPlace | undefined) {
    this.name = name
    this.body = body
    this.#where = where
  }

  #error(what: string): DeltaError {
    return new DeltaError('DELTA_BAD_ACTION', `${this.name}: ${what}`, { where: this.#where })
  }

  text(field: string): string {
    return this.optionalText(field) ?? this.#missing(field)
  }

  optionalText(field: string): string | undefined {
    const value = this.body[field] ?? undefined
    return value === undefined || typeof value === 'string' ? value : this.#wrong(field, 'a string')
  }

  boolean(field: string): boolean {
    return this.optionalBoolean(field) ?? this.#missing(field)
  }

  optionalBoolean(field: string): boolean | undefined {
    const value = this.body[field] ?? undefined
    return value === undefined || typeof value === 'boolean' ? value : this.#wrong(field, 'a boolean')
  }

  number(field: string): number {
    return this.optionalNumber(field) ?? this.#missing(field)
  }

  optionalNumber(field: string): number | undefined {
    const value = this.body[field] ?? undefined
    return value === undefined || (typeof value === 'number' && Number.isSafeInteger(value))
      ? value
      : this.#wrong(field, 'an integer below 2^53')
  }

  long(field: string): bigint {
    return this.optionalLong(field) ?? this.#missing(field)
  }

  optionalLong(field: string): bigint | undefined {
    const value = this.body[field] ?? undefined
    if (value === undefined) return undefined
    if (typeof value === 'bigint' && value === BigInt.asIntN(64, value)) return value
    return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : this.#wrong(field, 'a long')
  }

  optionalTexts(field: string): readonly string[] | undefined {
    const value = this.body[field] ?? undefined
    if (value === undefined) return undefined
    if (!isJsonArray(value)) return this.#wrong(field, 'an array of strings')
    return value.map(item => (typeof item === 'string' ? item : this.#wrong(field, 'an array of strings')))
  }

  map(field: string): Readonly<Record<string, string | null>> {
    return this.optionalMap(field, true) ?? this.#missing(field)
  }

  /** A map of strings. Other engines read a bare number or boolean here as its text, so this does too. */
  optionalMap(field: string, nulls: false): Readonly<Record<string, string>> | undefined
  optionalMap(field: string, nulls: true): Readonly<Record<string, string | null>> | undefined
  optionalMap(field: string, nulls: boolean): Readonly<Record<string, string | null>> | undefined {
    const value = this.body[field] ?? undefined
    if (value === undefined) return undefined
    if (!isJsonObject(value)) return this.#wrong(field, 'an object')
    const map: [string, string | null][] = []
    for (const key of Object.keys(value)) {
      const item = value[key] ?? null
      if (item === null) {
        if (nulls) map.push([key, null])
      } else if (isJsonObject(item) || isJsonArray(item)) {
        this.#wrong(`${field}.${key}`, 'a string')
      } else map.push([key, String(item)])
    }
    return Object.fromEntries(map)
  }

  optionalStringMap(field: string): Readonly<Record<string, string>> | undefined {
    return this.optionalMap(field, false)
  }

  optionalObject(field: string): Fields | undefined {
    const value = this.body[field] ?? undefined
    if (value === undefined) return undefined
    if (!isJsonObject(value)) return this.#wrong(field, 'an object')
    return new Fields(`${this.name}.${field}`, value, this.#where)
  }

  #missing(field: string): never {
    throw this.#error(`the required field ${JSON.stringify(field)} is missing`)
  }

  wrong(field: string, wanted: string): DeltaError {
    return this.#error(`${JSON.stringify(field)} must be ${wanted}`)
  }

  #wrong(field: string, wanted: string): never {
    throw this.wrong(field, wanted)
  }
}
