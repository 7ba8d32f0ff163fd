/** Part of an answer is missing: the connection broke inside it, whatever the reader of the stream says. */
export class TornAnswer extends Error {
  override readonly name = 'TornAnswer'
  readonly code = 'ECONNRESET'

  constructor(cause?: unknown) {
    super('the answer ended before its end', { cause })
  }
}
