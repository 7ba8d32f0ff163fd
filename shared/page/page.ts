import { readBoard } from '../alerts/index.js'
import { asError } from '../errors.js'
import { runTask } from '../pipeline/index.js'
import type { Lake } from '../pipeline/lake/index.js'
import { type Range, ranges, readOverview } from '../pipeline/overview/index.js'
import { readPauses } from '../pipeline/pause/index.js'
import { job } from '../pipeline/step/index.js'
import { redact } from '../telemetry/index.js'
import { refusal, type Sender } from './access/index.js'
import { longestSql } from './answerSql.js'
import { renderPage } from './document.js'
import { message, page, type PageAnswer } from './pageAnswer.js'
import { type PageData, pageData, type PageRequest } from './pageData.js'
import { pictureFile } from './pictureFile.js'

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
  const [overview, pauses, alerts, now] = await Promise.all([
    readOverview(lake.store),
    readPauses(lake.store, streams),
    readBoard(lake.store),
    lake.store.now(),
  ])
  const hasSql = settings.pageSql === 'on'
  const pageSettings = { ...settings, prices, lakeUrl: redact(lake.store.url), hasSql }
  return pageData({ overview, pauses, alerts }, streams, pageSettings, request, now)
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
