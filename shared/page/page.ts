import { asError } from '../errors.js'
import type { Lake } from '../pipeline/lake/index.js'
import { type Range, ranges, readOverview } from '../pipeline/overview/index.js'
import { redact } from '../telemetry/index.js'
import { document, pageHeaders, renderPage } from './document.js'
import { html } from './html.js'
import { pageData, type PageRequest } from './pageData.js'

/** What is answered to a request. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Longest query that a link may bring, characters. */
const longestSql = 10_000

/**
 * The page of a lake: reads its overview, and no table.
 *
 * @param query the parameters of the request's address: `range` (1h, 24h, 7d), `sql` to put into the box, `code`
 */
export async function lakePage(lake: Lake, query: URLSearchParams): Promise<PageAnswer> {
  const { settings, streams, prices } = lake
  try {
    const [overview, now] = await Promise.all([readOverview(lake.store), lake.store.now()])
    const pageSettings = { ...settings, prices, lakeUrl: redact(lake.store.url), hasSql: false }
    return page(200, renderPage(pageData(overview, streams, pageSettings, requestOf(query), now)))
  } catch (thrown) {
    lake.log.error('The page cannot be shown.', { error: asError(thrown).message })
    return message(503, 'The lake cannot be read', redact(asError(thrown).message))
  }
}

/** A page of one sentence. */
export function message(status: number, title: string, sentence: string): PageAnswer {
  const main = html`<section>
    <h2>${title}</h2>
    <p>${sentence}</p>
    <p><a href="lake">To the page</a></p>
  </section>`
  return page(status, document(title, html`<header><h1>Lake</h1></header>`, main))
}

/** The parameters as far as they are known; others have their defaults. */
export function requestOf(query: URLSearchParams): PageRequest {
  const range = query.get('range')
  const sql = query.get('sql')
  return {
    range: ranges.find((one): one is Range => one === range) ?? '1h',
    sql: sql === null || sql === '' || sql.length > longestSql ? undefined : sql,
    code: query.get('code') ?? undefined,
  }
}

function page(status: number, body: string): PageAnswer {
  return { status, headers: pageHeaders, body }
}
