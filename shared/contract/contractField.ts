import { z } from 'zod'

import { ContractError } from './contractError.js'

/** A field of a contract by all names under which it is read, and what is inside it. */
export interface ContractField {
  readonly name: string
  /** Former names: what a value has under one of them counts where it has nothing under the name. In their order. */
  readonly aliases: readonly string[]
  /** Where in it there are objects with fields; undefined when there are none. */
  readonly inside: ContractPlace | undefined
}

/** Where the objects in a field are: it is one, or its items or values are or hold some. */
export type ContractPlace =
  | { readonly kind: 'fields'; readonly fields: readonly ContractField[] }
  | { readonly kind: 'items' | 'values'; readonly each: ContractPlace }

/** What `.meta({ aliases: […] })` says of a schema, or of what it wraps. */
export function aliasesOf(schema: z.core.$ZodType): readonly string[] {
  const found: unknown = z.globalRegistry.get(schema)?.['aliases']
  if (found !== undefined) return Array.isArray(found) ? (found as readonly string[]) : [found as string]
  const inner = (schema._zod.def as { innerType?: z.core.$ZodType }).innerType
  return inner === undefined ? [] : aliasesOf(inner)
}

/**
 * Checks that every name stands for one field.
 * @param path where the fields are; empty at the top
 * @throws ContractError BAD_FIELD_NAME naming the field
 */
export function checkAliases(fields: readonly ContractField[], path: string): void {
  const owners = new Map(fields.map(({ name }) => [name, name]))
  for (const { name, aliases } of fields) {
    for (const alias of aliases as readonly unknown[]) {
      const at = path === '' ? name : `${path}.${name}`
      const refuse = (why: string) =>
        new ContractError('BAD_FIELD_NAME', `Field ${JSON.stringify(at)}: ${why}`, { field: at })
      if (typeof alias !== 'string' || alias === '') throw refuse('aliases are a list of former names.')
      if (alias === '__proto__') throw refuse('the alias "__proto__" cannot be read from JSON safely.')
      const owner = owners.get(alias)
      if (owner !== undefined)
        throw refuse(`its alias ${JSON.stringify(alias)} is a name of the field ${JSON.stringify(owner)} already.`)
      owners.set(alias, name)
    }
  }
}

/**
 * The declared fields of the objects at a place; undefined where there are none.
 * @param path names, and for items of arrays and values of maps anything else
 */
export function fieldsAt(
  declared: readonly ContractField[],
  path: readonly unknown[],
): readonly ContractField[] | undefined {
  let place: ContractPlace | undefined = { kind: 'fields', fields: declared }
  for (const step of path) {
    if (place === undefined) return undefined
    if (place.kind === 'fields')
      place = place.fields.find(({ name, aliases }) => name === step || aliases.some(one => one === step))?.inside
    else place = place.each
  }
  return place?.kind === 'fields' ? place.fields : undefined
}
