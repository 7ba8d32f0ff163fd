import { createHash } from 'node:crypto'

import { maxPartBytes, type SourceRecord } from '../source.js'
import { decompressInPieces } from './codecs.js'
import type { BatchHeader } from './recordBatch.js'
import {
  codecOf,
  damagedBatch,
  type DecodeWindow,
  packedRecords,
  RecordPlace,
  undecompressed,
} from './recordDecoder.js'
import { contentOf, damagedContent, type RecordBody, type RecordPart, RecordReader } from './recordReader.js'

/** A record up to this is gathered and read as any other; of a larger one each part is taken by itself. */
const gatheredBytes = 64 * 2 ** 20

/**
 * The records of a batch, checked before, that is too large to be decompressed in one piece. Memory is bounded by
 * `maxPartBytes`, whatever the batch comes to.
 * @throws SourceError SOURCE_CORRUPT for damaged bytes
 */
export async function* streamRecords(
  bytes: Buffer,
  header: BatchHeader,
  window: DecodeWindow,
): AsyncGenerator<SourceRecord> {
  const input = new PieceReader(decompressInPieces(codecOf(header), packedRecords(bytes, header)))
  const place = new RecordPlace(header, window)
  try {
    for (let n = 0; n < header.recordCount; n++) {
      const size = await input.varint()
      if (!(size >= 0)) throw damagedBatch(header, window)
      const from = input.taken
      const stop = from + size
      const head = size <= gatheredBytes ? await input.take(size) : undefined
      const reader = head === undefined ? undefined : new RecordReader(head)
      if (reader === undefined) await input.take(1)
      else reader.at++ // attributes, unused
      const timestampDelta = reader?.varint() ?? (await input.varint())
      const offsetDelta = reader?.varint() ?? (await input.varint())
      if (!place.isOffset(offsetDelta) || (reader !== undefined && reader.at > size)) throw damagedBatch(header, window)
      if (place.isBehind(offsetDelta)) return
      if (place.isWanted(offsetDelta)) {
        const content = reader === undefined ? await largeContent(input, stop) : reader.content(size)
        // Of a large record that does not hold together its length is left: its bytes are behind the reader.
        const read =
          content !== undefined
            ? contentOf({ ...content, timestampDelta, offsetDelta })
            : head !== undefined
              ? damagedContent(head)
              : { key: null, value: null, headers: [], defect: { kind: 'damaged', size } as const }
        yield { ...place.of(timestampDelta, offsetDelta), ...read }
      }
      await input.skip(stop - input.taken)
    }
  } catch (error) {
    throw error === inputEnded ? damagedBatch(header, window) : undecompressed(header, window, error)
  } finally {
    await input.close()
  }
}

async function largeContent(
  input: PieceReader,
  stop: number,
): Promise<Pick<RecordBody, 'key' | 'value' | 'headers'> | undefined> {
  const part = async (name: 'key' | 'value'): Promise<RecordPart | undefined> => {
    const length = await input.varint()
    if (length < 0) return null
    return length <= stop - input.taken ? takePart(input, name, length) : undefined
  }
  const key = await part('key')
  const value = key === undefined ? undefined : await part('value')
  if (key === undefined || value === undefined) return undefined
  const left = stop - input.taken
  if (left > maxPartBytes) return { key, value, headers: await digest(input, 'headers', left) }
  if (left < 1) return undefined
  const headers = new RecordReader(await input.take(left)).headers(left)
  return headers && { key, value, headers }
}

function takePart(input: PieceReader, name: 'key' | 'value', length: number): Promise<RecordPart> {
  return length <= maxPartBytes ? input.take(length) : digest(input, name, length)
}

async function digest(input: PieceReader, part: 'key' | 'value' | 'headers', size: number) {
  const hash = createHash('sha256')
  await input.each(size, piece => hash.update(piece))
  return { part, size, sha256: hash.digest('hex') }
}

const inputEnded = new Error('The decompressed bytes end early.')

/** Bytes that come in pieces, taken in order. */
class PieceReader {
  readonly #pieces: AsyncIterator<Buffer>
  #piece: Buffer = Buffer.alloc(0)
  #at = 0
  taken = 0

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** Zigzag; exact up to 2^53. */
  async varint(): Promise<number> {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = (await this.take(1))[0] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
  }

  async take(length: number): Promise<Buffer> {
    if (this.#at + length <= this.#piece.length) {
      const bytes = this.#piece.subarray(this.#at, this.#at + length)
      this.#at += length
      this.taken += length
      return bytes
    }
    const pieces: Buffer[] = []
    await this.each(length, piece => pieces.push(piece))
    return Buffer.concat(pieces)
  }

  skip(length: number): Promise<void> {
    return this.each(length, () => undefined)
  }

  async each(length: number, use: (piece: Buffer) => unknown): Promise<void> {
    for (let left = length; left > 0;) {
      if (this.#at === this.#piece.length) {
        const next = await this.#pieces.next()
        if (next.done === true) throw inputEnded
        this.#piece = next.value
        this.#at = 0
        continue
      }
      const piece = this.#piece.subarray(this.#at, this.#at + left)
      this.#at += piece.length
      this.taken += piece.length
      left -= piece.length
      use(piece)
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}
