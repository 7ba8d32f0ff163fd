/** What a registry's clients write: whose schema, and what is written with it. */
export interface Frame {
  readonly schemaId: number
  /** Not copied. */
  readonly payload: Uint8Array
}

const headerBytes = 5

/**
 * Takes a value of a schema registry's clients apart: a zero byte, the schema's id in four bytes, the rest.
 * @returns what is wrong with a value that is none
 */
export function frameOf(value: Uint8Array): Frame | string {
  const [magic] = value
  if (magic === undefined) return 'it is empty'
  if (magic !== 0) return `it begins with the byte ${magic} and not with 0: no schema registry's client wrote it`
  if (value.length < headerBytes) return `${value.length} bytes are too few for the id of a schema`
  return { schemaId: schemaIdOf(value), payload: value.subarray(headerBytes) }
}

/** The ids that values name, each once; of values that are no frames none. */
export function schemaIds(values: Iterable<Uint8Array | null>): ReadonlySet<number> {
  const ids = new Set<number>()
  for (const value of values) {
    if (value !== null && value[0] === 0 && value.length >= headerBytes) ids.add(schemaIdOf(value))
  }
  return ids
}

function schemaIdOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getInt32(1)
}
