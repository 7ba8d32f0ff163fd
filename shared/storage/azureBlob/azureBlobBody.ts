import { Readable } from 'node:stream'

/** Bytes in one piece of what is sent: each that goes shows that the connection lives. */
const pieceBytes = 256 * 1024

/**
 * The body of an upload, for the SDK: bytes, or what makes a stream of them for every try.
 * @param heard called for every piece that goes
 */
export function sentBytes(bytes: Uint8Array, heard: () => void): Buffer | (() => NodeJS.ReadableStream) {
  if (bytes.length <= pieceBytes) return viewOf(bytes)
  return () => Readable.from(pieces(), { objectMode: false, highWaterMark: pieceBytes })
  function* pieces(): Generator<Buffer, void> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      heard()
      yield viewOf(bytes.subarray(at, at + pieceBytes))
    }
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
