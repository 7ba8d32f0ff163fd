/** Where an ONNX file (onnx.proto) keeps tensors outside itself. */

/** A field of a message: its number, and the bytes of what has a length. */
interface WireField {
  readonly id: number
  readonly bytes: Uint8Array | undefined
}

/**
 * The files, relative to the ONNX file, that its tensors are read from; none when it holds them all itself.
 * @throws RangeError when the bytes are no ONNX file
 */
export function externalFiles(onnx: Uint8Array): readonly string[] {
  const found = new Set<string>()
  // ModelProto: graph 7, functions 25 whose nodes are 7.
  for (const { id, bytes } of fields(onnx)) {
    if (bytes === undefined) continue
    if (id === 7) graph(bytes, found)
    if (id === 25)
      for (const inner of fields(bytes)) if (inner.id === 7 && inner.bytes !== undefined) node(inner.bytes, found)
  }
  return [...found]
}

/** GraphProto: node 1, initializer 5, sparse_initializer 15 of values 1 and indices 2. */
function graph(message: Uint8Array, found: Set<string>): void {
  for (const { id, bytes } of fields(message)) {
    if (bytes === undefined) continue
    if (id === 1) node(bytes, found)
    if (id === 5) tensor(bytes, found)
    if (id === 15) sparse(bytes, found)
  }
}

/** NodeProto: attribute 5, each with t 5, g 6, tensors 10, graphs 11, sparse_tensor 22, sparse_tensors 23. */
function node(message: Uint8Array, found: Set<string>): void {
  for (const attribute of fields(message)) {
    if (attribute.id !== 5 || attribute.bytes === undefined) continue
    for (const { id, bytes } of fields(attribute.bytes)) {
      if (bytes === undefined) continue
      if (id === 5 || id === 10) tensor(bytes, found)
      if (id === 6 || id === 11) graph(bytes, found)
      if (id === 22 || id === 23) sparse(bytes, found)
    }
  }
}

function sparse(message: Uint8Array, found: Set<string>): void {
  for (const { id, bytes } of fields(message)) if (bytes !== undefined && (id === 1 || id === 2)) tensor(bytes, found)
}

/** TensorProto: external_data 13 of key 1 and value 2. */
function tensor(message: Uint8Array, found: Set<string>): void {
  for (const { id, bytes } of fields(message)) {
    if (id !== 13 || bytes === undefined) continue
    const entry = new Map([...fields(bytes)].map(part => [part.id, text(part.bytes)]))
    const location = entry.get(2)
    if (entry.get(1) === 'location' && location !== undefined) found.add(location)
  }
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}

function* fields(message: Uint8Array): Generator<WireField> {
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('a message ends within a field')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const take = (length: number) => {
    at += length
    if (at > message.length) throw new RangeError('a message ends within a field')
    return message.subarray(at - length, at)
  }
  while (at < message.length) {
    const tag = varint()
    const [id, type] = [Math.floor(tag / 8), tag % 8]
    if (type === 0) varint()
    else if (type === 1) take(8)
    else if (type === 5) take(4)
    else if (type !== 2) throw new RangeError(`${type} is no type of a field`)
    yield { id, bytes: type === 2 ? take(varint()) : undefined }
  }
}
