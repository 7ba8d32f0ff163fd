import { createHash } from 'node:crypto'

/** The digest in lower-case hexadecimal, as a model card has it. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
