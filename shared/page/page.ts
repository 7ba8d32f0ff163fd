import { asError } from '../errors.js'
import { runTask } from '../pipeline/index.js'
import type { Lake } from '../pipeline/lake/index.js'
import { type Range, ranges, readOverview } from '../pipeline/overview/index.js'
import { readPauses } from '../pipeline/pause/index.js'
import { job } from '../pipeline/step/index.js'
import { redact } from '../telemetry/index.js'
import { refusal, type Sender } from './access/index.js'
import { document, pageHeaders, renderPage } from './document.js'
import { type Html, html } from './html.js'
import { type PageData, pageData, type PageRequest } from './pageData.js'
import { pictureFile } from './pictureFile.js'
import { answerSection } from './sections/index.js'

/** What is answered to a request. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Longest query, characters. */
const longestSql = 10_000

/** What a query of the page may use up: as much as a person waits for, and no more than a function can spare. */
const sqlLimits = {
  timeMs: 15_000,
  memoryBytes: 256 * 2 ** 20,
  fetchedBytes: 512 * 2 ** 20,
  rows: 500,
  characters: 2_000,
}

/**
 * The page of a lake: reads its overview, and no table.
 *
 * @param query the parameters of the request's address: `range` (1h, 24h, 7d), `sql` to put into the box, `code`
 */
export async function lakePage(lake: Lake, sender: Sender, query: URLSearchParams): Promise<PageAnswer> {
  const refused = refusal(sender, false)
  if (refused !== undefined) return message(refused.status, 'The page is not shown', refused.sentence)
  try {
    return page(200, renderPage(await dataOf(lake, requestOf(query))))
  } catch (thrown) {
    lake.log.error('The page cannot be shown.', { error: asError(thrown).message })
    return message(503, 'The lake cannot be read', redact(asError(thrown).message))
  }
}

/**
 * The picture of a lake's pipeline with its live state, as an SVG document; reads the lake's overview, and no table.
 *
 * @throws StorageError where the lake cannot be read
 */
export async function lakePicture(lake: Lake): Promise<string> {
  return pictureFile(await dataOf(lake, requestOf(new URLSearchParams())))
}

async function dataOf(lake: Lake, request: PageRequest): Promise<PageData> {
  const { settings, streams, prices } = lake
  const [overview, pauses, now] = await Promise.all([
    readOverview(lake.store),
    readPauses(lake.store, streams),
    lake.store.now(),
  ])
  const hasSql = settings.pageSql === 'on'
  const pageSettings = { ...settings, prices, lakeUrl: redact(lake.store.url), hasSql }
  return pageData({ overview, pauses }, streams, pageSettings, request, now)
}

/** Answers one SELECT sent by the page, within limits; a page of its own for browsers without scripts. */
export async function answerSql(lake: Lake, sender: Sender, form: URLSearchParams): Promise<PageAnswer> {
  const refused = refusal(sender, true)
  if (refused !== undefined) return message(refused.status, 'The query is not answered', refused.sentence)
  if (lake.settings.pageSql !== 'on')
    return message(
      403,
      'The query is not answered',
      'Queries are not answered here: PAGE_SQL is off. Use npx lake sql.',
    )
  const sql = form.get('sql') ?? ''
  if (sql.length > longestSql)
    return message(413, 'The query is not answered', `It is longer than ${String(longestSql)} characters.`)
  const { restrictedQuery } = await import('../query/restricted/index.js')
  const { streams, settings } = lake
  const asked = { streams, table: (path: string) => lake.table(path), temporaryFolder: settings.tempFolder }
  const began = lake.clock.monotonic()
  const answer = await restrictedQuery(asked, sql, sqlLimits)
  return sentence(answer.kind === 'rows' ? 200 : 400, 'SQL', answerSection(sql, answer, lake.clock.monotonic() - began))
}

/** Runs a task of the job now, for every stream, as its timer would. */
export async function runTaskNow(lake: Lake, sender: Sender, form: URLSearchParams): Promise<PageAnswer> {
  const refused = refusal(sender, true)
  if (refused !== undefined) return message(refused.status, 'Nothing was run', refused.sentence)
  const name = form.get('task') ?? ''
  const task = job.tasks.find(one => one.name === name)
  if (task === undefined)
    return message(
      404,
      'Nothing was run',
      `There is no task ${name}; there are ${job.tasks.map(one => one.name).join(', ')}.`,
    )
  const reports = await runTask(lake, task.step, 'http')
  const failed = reports.filter(({ outcome }) => outcome === 'failed')
  const words = reports.map(
    ({ stream, outcome, rowsOut, error }) =>
      `${stream ?? 'all'}: ${outcome}, ${String(rowsOut)} rows${error === undefined ? '' : ` (${redact(error.message)})`}`,
  )
  return message(failed.length === 0 ? 200 : 500, task.name, words.join('; '))
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

/** A page of one sentence. */
function message(status: number, title: string, text: string): PageAnswer {
  return sentence(status, title, html`<p>${text}</p>`)
}

function sentence(status: number, title: string, content: Html): PageAnswer {
  const main = html`<section>
    <h2>${title}</h2>
    ${content}
    <p><a href="../lake">To the page</a></p>
  </section>`
  return page(status, document(title, html`<header><h1>Lake</h1></header>`, main))
}

function page(status: number, body: string): PageAnswer {
  return { status, headers: pageHeaders, body }
}
