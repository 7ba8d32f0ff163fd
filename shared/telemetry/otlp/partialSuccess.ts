/**
 * What a collector says against a part of a message that it took (`partialSuccess` of an export's answer): how many it
 * rejected and why, or a warning of its own; undefined when it says nothing.
 *
 * @example
 * partialSuccessText('{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}') // '2 were rejected: too old'
 */
export function partialSuccessText(body: string): string | undefined {
  const partial = partialOf(body)
  if (partial === undefined) return undefined
  const rejected = Number(partial['rejectedSpans'] ?? partial['rejectedDataPoints'] ?? 0)
  const said = typeof partial['errorMessage'] === 'string' ? partial['errorMessage'] : ''
  if (rejected > 0) return `${rejected} were rejected${said === '' ? '' : `: ${said}`}`
  return said === '' ? undefined : said
}

function partialOf(body: string): Readonly<Record<string, unknown>> | undefined {
  // Most answers are empty.
  if (!body.includes('partialSuccess')) return undefined
  try {
    const { partialSuccess } = JSON.parse(body) as { readonly partialSuccess?: unknown }
    return typeof partialSuccess === 'object' && partialSuccess !== null
      ? (partialSuccess as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
