import type { SourceRecord } from '../../sources/index.js'
import { mostLinks, parseTraceparent, type TraceContext } from '../../telemetry/index.js'
import type { Stretch } from './coverage.js'

/** Most records of one commit whose headers are looked at. */
const mostLooks = 2 * mostLinks

/** No `traceparent` of a version that is known is nearly as long. */
const longestHeader = 256

/**
 * The spans that records name in their `traceparent` headers, each once: at most `mostLinks`, of records spread evenly
 * over the commit, so that a large one costs no more than a small one.
 */
export function recordContexts(coverages: readonly Pick<Stretch, 'records'>[]): readonly TraceContext[] {
  const total = coverages.reduce((sum, { records }) => sum + records.length, 0)
  const found = new Map<string, TraceContext>()
  const stride = Math.max(1, Math.ceil(total / mostLooks))
  let skip = 0
  for (const { records } of coverages) {
    for (; skip < records.length; skip += stride) {
      const context = contextOf(records.at(skip))
      if (context !== undefined) found.set(context.traceId + context.spanId, context)
    }
    skip -= records.length
  }
  const all = [...found.values()]
  if (all.length <= mostLinks) return all
  return Array.from({ length: mostLinks }, (_, i) => all[Math.floor((i * all.length) / mostLinks)] as TraceContext)
}

function contextOf(record: SourceRecord | undefined): TraceContext | undefined {
  for (const [key, value] of record?.headers ?? []) {
    if (key !== 'traceparent' || value === null || value.length > longestHeader) continue
    const context = parseTraceparent(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'))
    if (context !== undefined) return context
  }
  return undefined
}
