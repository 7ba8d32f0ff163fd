/** A run of a file's bytes; `end` is exclusive. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** Gaps up to this are read along: a request costs more than so many bytes. */
const widestGap = 64 * 1024
const longestRead = 16 * 1024 * 1024

/**
 * Reads spans that lie close together in one go and answers how to get at each.
 *
 * @param read gives the bytes from `start` to `end` (exclusive)
 */
export async function coalesce(
  spans: readonly ByteSpan[],
  read: (start: number, end: number) => ArrayBuffer | Promise<ArrayBuffer>,
): Promise<(span: ByteSpan) => Uint8Array> {
  const reads = mergedSpans(spans)
  const buffers = await Promise.all(reads.map(async ({ start, end }) => read(start, end)))
  return span => {
    const index = reads.findIndex(({ start, end }) => span.start >= start && span.end <= end)
    const base = reads[index]
    const buffer = buffers[index]
    if (base === undefined || buffer === undefined) throw new RangeError('a span that was not asked for')
    if (buffer.byteLength < span.end - base.start) throw new RangeError('the file is shorter than it was')
    return new Uint8Array(buffer, span.start - base.start, span.end - span.start)
  }
}

/** The fewest reads that cover the spans without reading far past them. Pure. */
export function mergedSpans(spans: readonly ByteSpan[]): ByteSpan[] {
  const merged: { start: number; end: number }[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    const joins =
      last !== undefined &&
      span.start - last.end <= widestGap &&
      (span.end - last.start <= longestRead || span.end <= last.end)
    if (joins) last.end = Math.max(last.end, span.end)
    else merged.push({ ...span })
  }
  return merged
}
