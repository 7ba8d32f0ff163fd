import { type ByteSpan, corruptFile, mergedSpans, type ParquetSource, tailBytes } from '../base/index.js'
import { chunkSpan } from '../read/index.js'
import type { LeafNode, SchemaNode } from '../schema/index.js'
import { extractFooter, type MovedChunk } from './extractFooter.js'
import type { RawFile } from './rawFile.js'

/** Some columns and row groups of a file, to be read as a file of their own. */
export interface ExtractPlan {
  /** The top-level columns, by their names in the file. */
  readonly columns: readonly string[]
  readonly rows: number
  /** Bytes that have to be read, beyond what is at hand already. */
  readonly fetchedBytes: number
  /** The extract's own size. */
  readonly size: number
  /**
   * The extract, in order. Its footer names nothing that it does not hold: there is no byte in it that a reader could
   * take for another.
   */
  pieces(): AsyncGenerator<Uint8Array, void, undefined>
}

/** One request's worth, and so many of them ahead of what is written. */
const requestBytes = 4 * 2 ** 20
const requestsAhead = 4

const head = Buffer.from('PAR1', 'latin1')

/** @param places of the row groups, among those with rows */
export function planExtract(
  source: ParquetSource,
  raw: RawFile,
  isWanted: (column: string) => boolean,
  places: ReadonlySet<number | undefined>,
): ExtractPlan {
  const { nodes, groups } = raw.file.layout()
  const chosen = groups.filter((_, place) => places.has(place))
  const named = nodes.filter(node => isWanted(node.name))
  const columns = named.length > 0 ? named : [smallest(nodes, chosen)]
  const leaves = columns.flatMap(node => node.leaves)
  const chunks: MovedChunk[] = chosen.flatMap(({ chunks: all }) =>
    leaves.map(leaf => {
      const chunk = all[leaf.index]
      if (chunk === undefined) throw corruptFile(`Column ${leaf.path.join('.')} has no metadata.`)
      return { span: chunkSpan(chunk), to: 0 }
    }),
  )
  let end = head.length
  const inOrder = chunks.toSorted((a, b) => a.span.start - b.span.start)
  for (const [i, chunk] of inOrder.entries()) {
    const before = inOrder[i - 1]
    if (before !== undefined && before.span.end > chunk.span.start) throw corruptFile('Its columns overlap.')
    chunk.to = end
    end += chunk.span.end - chunk.span.start
  }
  const footer = extractFooter(raw, columns, chosen, chunks)
  const requests = requestsOf(
    source,
    inOrder.map(({ span }) => span),
  )
  return {
    columns: columns.map(({ name }) => name),
    rows: chosen.reduce((sum, { rows }) => sum + rows, 0),
    // What begins in the tail is in memory since the file was opened.
    fetchedBytes: requests.reduce((sum, { start, end: to }) => sum + (isAtHand(source, start) ? 0 : to - start), 0),
    size: end + footer.length,
    async *pieces() {
      yield head
      let next = 0
      for await (const { start, bytes } of readAhead(source, requests)) {
        // Of what was read along between two chunks nothing is written.
        for (; next < inOrder.length; next++) {
          const { span } = inOrder[next] as MovedChunk
          const [from, to] = [Math.max(span.start, start), Math.min(span.end, start + bytes.length)]
          if (from < to) yield bytes.subarray(from - start, to - start)
          if (span.end > start + bytes.length) break
        }
      }
      yield footer
    },
  }
}

/** The column of fewest bytes; a file without rows in it takes any. */
function smallest(nodes: readonly SchemaNode[], groups: readonly { readonly chunks: readonly Sized[] }[]): SchemaNode {
  const [first, ...rest] = nodes
  if (first === undefined) throw corruptFile('It has no columns.')
  const size = ({ leaves }: SchemaNode) =>
    leaves.reduce(
      (sum, leaf: LeafNode) => sum + groups.reduce((s, { chunks }) => s + bytesOf(chunks[leaf.index]), 0),
      0,
    )
  return rest.reduce((least, node) => (size(node) < size(least) ? node : least), first)
}

interface Sized {
  readonly total_compressed_size: bigint
}
const bytesOf = (chunk: Sized | undefined) => Number(chunk?.total_compressed_size ?? 0n)

/** Whether what begins there is in memory since the file was opened. */
function isAtHand({ byteLength }: ParquetSource, start: number): boolean {
  return start >= byteLength - tailBytes
}

/** Reads that cover the spans, of bounded size. */
function requestsOf(source: ParquetSource, spans: readonly ByteSpan[]): readonly ByteSpan[] {
  return mergedSpans(spans).flatMap(({ start, end }) => {
    if (isAtHand(source, start)) return [{ start, end }]
    const count = Math.ceil((end - start) / requestBytes)
    return Array.from({ length: count }, (_, i): ByteSpan => ({
      start: start + i * requestBytes,
      end: Math.min(end, start + (i + 1) * requestBytes),
    }))
  })
}

/** The answers in order, some of the requests ahead. */
async function* readAhead(
  source: ParquetSource,
  requests: readonly ByteSpan[],
): AsyncGenerator<{ readonly start: number; readonly bytes: Uint8Array }, void, undefined> {
  const running: Promise<ArrayBuffer>[] = []
  let next = 0
  for (const { start } of requests) {
    for (; next < requests.length && running.length < requestsAhead; next++) {
      const { start: from, end } = requests[next] as ByteSpan
      const answer = Promise.resolve(source.slice(from, end))
      // Whoever waits for it hears of its failure; the others are given up.
      answer.catch(() => undefined)
      running.push(answer)
    }
    yield { start, bytes: new Uint8Array((await running.shift()) ?? new ArrayBuffer(0)) }
  }
}
