import { faultsOf } from '../../pipeline/status/index.js'
import { ago, count, dollars, moment, seconds } from '../figures.js'
import { type Html, html } from '../html.js'
import type { PageData } from '../pageData.js'

/** The answer to the question that people come with, and six figures. */
export function verdictSection(data: PageData): Html {
  const { status, now } = data
  const faults = faultsOf(status)
  const [first] = status.tables.filter(table => !['OK', 'LATE', 'PAUSED'].includes(table.status))
  const bad = status.monitor.state !== 'OK' ? 'UNKNOWN' : (first?.status ?? 'DEGRADED')
  const { word, sentence } =
    faults.length === 0
      ? wellBut(status.tables)
      : {
          word: bad,
          sentence: `Not in order: ${faults.slice(0, 4).join(', ')}${faults.length > 4 ? ` and ${String(faults.length - 4)} more` : ''}.`,
        }
  return html`<section class="verdict ${word}" aria-label="Verdict">
    <p class="big" role="status"><span class="dot ${word}" aria-hidden="true"></span>${sentence}</p>
    <p class="dim">
      ${status.monitor.reason}${status.monitor.repair === undefined ? undefined : html` → <code>npx ${status.monitor.repair}</code>`}
      ${data.overview.writtenAt === 0 ? undefined : html`Figures of <time>${moment(data.overview.writtenAt)}</time>, ${ago(data.overview.writtenAt, now)}.`}
    </p>
    <dl class="tiles">
      ${tiles(data).map(
        ([name, value, note, section]) =>
          html`<div>
            <dt>${name}</dt>
            <dd><a href="#${section}">${value}</a></dd>
            <dd class="dim">${note}</dd>
          </div>`,
      )}
    </dl>
  </section>`
}

/** What is no fault, and worth a word. */
function wellBut(tables: PageData['status']['tables']): { readonly word: string; readonly sentence: string } {
  const late = tables.filter(table => table.status === 'LATE').map(({ table }) => `${table} LATE`)
  const paused = new Set(tables.flatMap(({ status, stream }) => (status === 'PAUSED' ? (stream ?? []) : [])))
  const standing = paused.size === 0 ? '' : ` Paused: ${[...paused].join(', ')}.`
  if (late.length > 0)
    return { word: 'LATE', sentence: `The data is complete, and late: ${late.join(', ')}.${standing}` }
  if (paused.size > 0) return { word: 'PAUSED', sentence: `The data is complete.${standing}` }
  return { word: 'OK', sentence: 'The data is fresh and complete.' }
}

/** Each figure with its name, a note, and the section that it comes from. */
function tiles(data: PageData): readonly (readonly [string, string, string, string])[] {
  const { status, cost, today, overview } = data
  const fresh = status.tables.flatMap(({ freshnessSeconds, layer }) =>
    layer === 'summary' || freshnessSeconds === undefined ? [] : [freshnessSeconds],
  )
  const lags = status.tables.flatMap(({ lag }) => (lag === undefined ? [] : [lag]))
  const lag = lags.reduce((sum, one) => sum + one, 0n)
  const drain = status.tables.flatMap(({ secondsToDrain }) => secondsToDrain ?? [])
  const reconciled = status.tables.filter(({ reconciled: is }) => is !== undefined)
  const open = reconciled.filter(({ reconciled: is }) => is === false).length
  const backlog = status.tables.reduce((sum, table) => sum + (table.backlog ?? 0n), 0n)
  const rate = eventsPerSecond(data)
  return [
    [
      'Oldest newest event',
      fresh.length === 0 ? '–' : seconds(Math.max(...fresh)),
      `objective ${seconds(data.settings.freshnessLate / 1000)}`,
      'freshness',
    ],
    [
      'Waiting in Kafka',
      lags.length === 0 ? '–' : count(lag),
      lag === 0n ? 'nothing waits' : drain.length === 0 ? 'not draining' : `drained in ${seconds(Math.max(...drain))}`,
      'lag',
    ],
    ['Events a second', rate === undefined ? '–' : count(rate), `into bronze, ${data.request.range} mean`, 'lag'],
    [
      'Counts reconcile',
      reconciled.length === 0 ? '–' : open === 0 ? 'yes' : 'NO',
      reconciled.length === 0
        ? 'not compared yet'
        : `${String(reconciled.length - open)} of ${String(reconciled.length)} tables`,
      'counts',
    ],
    ['In quarantine', count(backlog), `${count(overview.examples.length)} examples below`, 'quality'],
    [
      'Per million events',
      dollars(cost?.total.perMillionRows),
      `${dollars(today?.total.total)} today${cost?.month === undefined ? '' : `, ${dollars(cost.month)} a month`}`,
      'cost',
    ],
  ]
}

function eventsPerSecond({ overview, status, request, now }: PageData): number | undefined {
  let rows = 0
  let from = Infinity
  for (const { layer, table } of status.tables) {
    if (layer !== 'bronze') continue
    const series = overview.tables[table]?.timeline?.[request.range]
    rows += series?.values.rows.reduce<number>((sum, n) => sum + (n ?? 0), 0) ?? 0
    from = Math.min(from, (series?.at[0] ?? Infinity) * (series?.stepMs ?? 0))
  }
  return Number.isFinite(from) && now > from ? rows / ((now - from) / 1000) : undefined
}
