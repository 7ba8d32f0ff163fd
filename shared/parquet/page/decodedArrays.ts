import type { DecodedValues } from '../encoding/index.js'

/** The parts one after another; a typed array when all of them are of one kind. */
export function joinedValues(all: readonly DecodedValues[]): DecodedValues {
  const parts = all.filter(({ length }) => length > 0)
  const [first] = parts
  if (first === undefined) return []
  if (parts.length === 1) return first
  let length = 0
  for (const part of parts) length += part.length
  const typed = !Array.isArray(first) && parts.every(part => part.constructor === first.constructor)
  if (typed) {
    const output = newLike(first, length)
    let at = 0
    for (const part of parts) {
      ;(output as { set(from: DecodedValues, at: number): void }).set(part, at)
      at += part.length
    }
    return output as DecodedValues
  }
  const output = new Array<unknown>(length)
  let at = 0
  for (const part of parts) for (let i = 0; i < part.length; i++) output[at++] = part[i]
  return output as DecodedValues
}

/** An empty array of the same kind. */
export function newLike(typed: Exclude<DecodedValues, unknown[]>, length: number): { [index: number]: unknown } {
  return new (typed.constructor as new (length: number) => { [index: number]: unknown })(length)
}
