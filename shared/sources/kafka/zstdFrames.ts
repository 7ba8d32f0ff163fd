/* eslint-disable @typescript-eslint/no-non-null-assertion -- bytes are read inside bounds that the loops keep */
import { SourceError } from '../sourceError.js'

const frameMagic = 0xfd2fb528
/** Sixteen magic numbers, of frames that carry what is not data. */
const skippableMagic = 0x184d2a50
const dictionaryIdSizes = [0, 1, 2, 4] as const
const contentSizeSizes = [0, 2, 4, 8] as const

/** Whether that is how a skippable frame begins; LZ4's are the same. */
export const isSkippable = (magic: number): boolean => magic >>> 4 === skippableMagic >>> 4

/**
 * The frames of Zstandard data (RFC 8878, 3.1), skippable ones left out: Node's decompressor stops after the first
 * frame of any kind.
 * @throws SourceError SOURCE_CORRUPT for damaged bytes
 */
export function zstdFrames(input: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < input.length;) {
    if (at + 4 > input.length) throw corrupt('the data ends inside a frame at', at)
    const magic = input.readUInt32LE(at)
    if (isSkippable(magic)) {
      if (at + 8 > input.length) throw corrupt('a skippable frame ends early at', at)
      at += 8 + input.readUInt32LE(at + 4)
      if (at > input.length) throw corrupt('a skippable frame ends early at', input.length)
      continue
    }
    if (magic !== frameMagic) throw corrupt('no frame at', at)
    const end = frameEnd(input, at)
    frames.push(input.subarray(at, end))
    at = end
  }
  return frames
}

function frameEnd(input: Buffer, start: number): number {
  const descriptor = input[start + 4]
  if (descriptor === undefined) throw corrupt('a frame ends early at', start)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const contentSize =
    descriptor >> 6 === 0 && isSingleSegment ? 1 : contentSizeSizes[(descriptor >> 6) as 0 | 1 | 2 | 3]
  let at = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryIdSizes[(descriptor & 3) as 0 | 1 | 2 | 3] + contentSize
  for (;;) {
    if (at + 3 > input.length) throw corrupt('a frame ends early at', at)
    const header = input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16)
    const type = (header >> 1) & 3
    if (type === 3) throw corrupt('an unknown block at', at)
    at += 3 + (type === 1 ? 1 : header >>> 3)
    if (header & 1) break
  }
  at += descriptor & 0x04 ? 4 : 0
  if (at > input.length) throw corrupt('a frame ends early at', input.length)
  return at
}

const corrupt = (what: string, at: number): SourceError =>
  new SourceError('SOURCE_CORRUPT', `Zstandard data is damaged: ${what} byte ${at}.`)
