import { readFields, readFloats, readPacked, readText, type WireField } from './readProtobuf.js'

/** What a `.onnx` file holds, as far as numbers go. */
export interface OnnxNumbers {
  readonly constants: readonly { readonly name: string; readonly shape: Int32Array; readonly values: Float32Array }[]
  readonly nodes: readonly {
    readonly operator: string
    /** Attributes that are lists of integers. */
    readonly integers: ReadonlyMap<string, Int32Array>
    /** Attributes that are lists of floats. */
    readonly floats: ReadonlyMap<string, Float32Array>
  }[]
}

/**
 * Reads the nodes and constants of a `.onnx` file (onnx.proto) as `encodeOnnx` writes them. What it does not know is left
 * out, so that only a file that is encoded to the same bytes again was read whole.
 *
 * @throws RangeError when the bytes are no ONNX file
 */
export function readOnnx(onnx: Uint8Array): OnnxNumbers {
  const graph = partsOf(onnx, 7)[0] ?? new Uint8Array()
  return { constants: partsOf(graph, 5).map(readConstant), nodes: partsOf(graph, 1).map(readNode) }
}

function readConstant(tensor: Uint8Array) {
  const fields = byId(tensor)
  return {
    name: readText(fields.get(8)?.bytes ?? new Uint8Array()),
    shape: readPacked(fields.get(1)?.bytes ?? new Uint8Array()),
    values: readFloats(fields.get(9)?.bytes ?? new Uint8Array()),
  }
}

function readNode(node: Uint8Array) {
  const integers = new Map<string, Int32Array>()
  const floats = new Map<string, Float32Array>()
  for (const attribute of partsOf(node, 5)) {
    // Texts are as many fields as there are texts, of which none is needed.
    const fields = byId(attribute)
    const name = readText(fields.get(1)?.bytes ?? new Uint8Array())
    const [ints, numbers] = [fields.get(8)?.bytes, fields.get(7)?.bytes]
    if (ints !== undefined) integers.set(name, readPacked(ints))
    if (numbers !== undefined) floats.set(name, readFloats(numbers))
  }
  return { operator: readText(byId(node).get(4)?.bytes ?? new Uint8Array()), integers, floats }
}

function partsOf(message: Uint8Array, id: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = []
  for (const { id: found, bytes } of readFields(message)) if (found === id && bytes !== undefined) parts.push(bytes)
  return parts
}

/** The fields by their number; the last of several. */
function byId(message: Uint8Array): ReadonlyMap<number, WireField> {
  const fields = new Map<number, WireField>()
  for (const field of readFields(message)) fields.set(field.id, field)
  return fields
}
