/** A span as others refer to it: hexadecimal ids of 16 and 8 bytes, in small letters. */
export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
}

/** Most contexts that one run refers to. */
export const mostLinks = 32

/**
 * A `traceparent` of W3C Trace Context; undefined for what is none. Versions to come are read as far as this one goes, as
 * the specification asks.
 *
 * @example
 * parseTraceparent('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')?.spanId // 'b7ad6b7169203331'
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', rest = ''] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/s.exec(text) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && rest !== '')) return undefined
  return isAssigned(traceId) && isAssigned(spanId) ? { traceId, spanId } : undefined
}

/**
 * The span of a run. Its ids are the run's own: whoever has the run's id, in `cluster_logs` or in a commit, has its trace.
 *
 * @returns undefined for what is no UUID
 */
export function contextOfRun(runId: string): TraceContext | undefined {
  const digits = runId.replaceAll('-', '').toLowerCase()
  if (!/^[0-9a-f]{32}$/.test(digits)) return undefined
  const spanId = digits.slice(16)
  return isAssigned(spanId) ? { traceId: digits, spanId } : undefined
}

const isAssigned = (id: string) => /[1-9a-f]/.test(id)
