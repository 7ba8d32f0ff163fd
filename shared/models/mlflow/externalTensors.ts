import { readFields as fields, readText } from '../onnx/index.js'

/** Where an ONNX file (onnx.proto) keeps tensors outside itself. */

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
    const entry = new Map(
      [...fields(bytes)].map(part => [part.id, part.bytes === undefined ? undefined : readText(part.bytes)]),
    )
    const location = entry.get(2)
    if (entry.get(1) === 'location' && location !== undefined) found.add(location)
  }
}
