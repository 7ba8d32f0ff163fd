import type { Value } from '../types/index.js'
import type { ContractField } from './contractField.js'
import { missing, ValidationIssue } from './validationIssue.js'

/**
 * One function that decodes an object's fields in order, or returns the first issue. It is generated, so that every field
 * is read by its literal name and every row has one hidden class: a loop over names costs more than the decoding.
 */
export function structReader(
  fields: readonly ContractField[],
  decoders: readonly ((found: unknown) => unknown)[],
): (found: Record<string, unknown>) => unknown {
  const names = fields.map(({ name }) => name)
  const reads = fields.map(({ name, aliases }, i) => {
    const literal = JSON.stringify(name)
    const n = String(i)
    const former = aliases.map(alias => `if (f${n} === undefined) f${n} = ${ownValue(alias)}\n`)
    return `let f${n} = ${ownValue(name)}
      ${former.join('')}const v${n} = d${n}(f${n})
      if (v${n} instanceof ValidationIssue) return issueFound(v${n}, f${n}, ${literal})`
  })
  const body = `return found => {\n${reads.join('\n')}\nreturn { ${literalFields(names, n => `v${n}`)} }\n}`
  return generated({ ValidationIssue, issueFound, ...numbered('d', decoders) }, body) as (
    found: Record<string, unknown>,
  ) => unknown
}

/** JSON objects inherit `constructor`, `toString` and the like. */
function ownValue(name: string): string {
  const literal = JSON.stringify(name)
  return name in Object.prototype
    ? `Object.hasOwn(found, ${literal}) ? found[${literal}] : undefined`
    : `found[${literal}]`
}

/** A function that copies an object with the stored form of each field. */
export function structStore(
  names: readonly string[],
  stores: readonly (((output: unknown) => Value) | undefined)[],
): (output: unknown) => Value {
  const same = (value: unknown) => value as Value
  const fields = literalFields(names, (n, literal) => `s${n}(output[${literal}])`)
  const inputs = numbered(
    's',
    stores.map(store => store ?? same),
  )
  return generated(inputs, `return output => ({ ${fields} })`) as (output: unknown) => Value
}

/** `"name": …` for each, `__proto__` in brackets: without them it would be the prototype. */
function literalFields(names: readonly string[], value: (n: string, literal: string) => string): string {
  return names
    .map(
      (name, i) =>
        `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: ${value(String(i), JSON.stringify(name))}`,
    )
    .join(', ')
}

function numbered(letter: string, values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value, i) => [`${letter}${String(i)}`, value]))
}

/** Field names reach the code as JSON text only; nothing else in it varies. */
function generated(inputs: Readonly<Record<string, unknown>>, body: string): unknown {
  const make = Reflect.construct(Function, [...Object.keys(inputs), `'use strict'\n${body}`])
  return make.call(undefined, ...Object.values(inputs)) as unknown
}

function issueFound(issue: ValidationIssue, found: unknown, name: string): ValidationIssue {
  return (found === undefined && issue.path === '' ? missing() : issue).inField(name)
}
