import type { BlobDownloadResponseParsed, BlockBlobClient } from '@azure/storage-blob'

import type { ByteRange } from '../objectStore.js'
import { serviceAnswer } from './azureBlobError.js'
import { retried, type RetryLimits } from './azureBlobRetry.js'
import type { Try } from './azureBlobTimeout.js'
import { TornAnswer } from './tornAnswer.js'

/** What has come of an object so far. */
interface Part {
  readonly etag: string | undefined
  readonly bytes: Uint8Array
  filled: number
}

/**
 * The bytes of an object or of a range of it; undefined for a folder. When the connection breaks inside them, the rest is
 * asked for on the condition that the object is still the same one, else all of it again.
 */
export async function downloadBlob(
  blob: BlockBlobClient,
  range: ByteRange | undefined,
  limits: RetryLimits,
): Promise<Uint8Array | undefined> {
  const first = range?.start ?? 0
  const wanted = range?.end === undefined ? undefined : range.end - first
  let part: Part | undefined
  return await retried(limits, wanted ?? 0, async attempt => {
    const start = first + (part?.filled ?? 0)
    const length = part === undefined ? wanted : part.bytes.length - part.filled
    let response: BlobDownloadResponseParsed
    try {
      const conditions = part?.etag === undefined ? {} : { ifMatch: part.etag }
      response = await blob.download(start, length, { conditions, maxRetryRequests: 0, abortSignal: attempt.signal })
    } catch (error) {
      const { status } = serviceAnswer(error)
      if (part === undefined && status === 416) return new Uint8Array()
      if (part === undefined || (status !== 412 && status !== 416)) throw error
      // It is another object now.
      part = undefined
      throw new TornAnswer(error)
    }
    attempt.heard()
    if (response.metadata?.['hdi_isfolder'] === 'true') return undefined
    if (
      part !== undefined &&
      (response.etag !== part.etag || response.contentRange?.startsWith(`bytes ${start}-`) !== true)
    ) {
      part = undefined
      throw new TornAnswer()
    }
    part ??= { etag: response.etag, bytes: new Uint8Array(response.contentLength ?? 0), filled: 0 }
    attempt.moves(part.bytes.length)
    await fill(part, response.readableStreamBody, attempt)
    return part.bytes
  })
}

async function fill(part: Part, stream: NodeJS.ReadableStream | undefined, attempt: Try): Promise<void> {
  for await (const chunk of chunksOf(stream)) {
    if (part.filled + chunk.length > part.bytes.length) throw new TornAnswer()
    part.bytes.set(chunk, part.filled)
    part.filled += chunk.length
    attempt.heard(part.etag === undefined ? 0 : chunk.length)
  }
  if (part.filled < part.bytes.length) {
    // Without a tag the rest could be another object's.
    if (part.etag === undefined) part.filled = 0
    throw new TornAnswer()
  }
}

/** Whatever a stream of bytes fails with is a broken connection. */
async function* chunksOf(stream: NodeJS.ReadableStream | undefined): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of stream ?? []) {
      if (typeof chunk === 'string') throw new TypeError('The download gave text instead of bytes.')
      yield chunk
    }
  } catch (error) {
    throw error instanceof TypeError ? error : new TornAnswer(error)
  }
}
