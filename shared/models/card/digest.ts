import { createHash } from 'node:crypto'

import { compareStrings } from '../../types/index.js'

/** SHA-256 in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * The digest that names a model: SHA-256 of its `.onnx` file; with tensors in files beside it, of a line
 * `path NUL digest LF` for each file, the model's own among them as `model.onnx`, in the order of the paths.
 */
export function modelDigest(onnx: Uint8Array, external: ReadonlyMap<string, Uint8Array> = new Map()): string {
  if (external.size === 0) return sha256(onnx)
  const lines = [['model.onnx', onnx] as const, ...external]
    .toSorted(([a], [b]) => compareStrings(a, b))
    .map(([path, bytes]) => `${path}\0${sha256(bytes)}\n`)
  return sha256(new TextEncoder().encode(lines.join('')))
}
