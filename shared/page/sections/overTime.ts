import type { Overview, Series, TableMeasure } from '../../pipeline/overview/index.js'
import type { TableStatus } from '../../pipeline/status/index.js'
import { type Chart, chartOf } from '../chart.js'
import { count, seconds } from '../figures.js'
import { type Html, html } from '../html.js'
import { monitorRows } from '../links.js'
import type { PageData } from '../pageData.js'

/** Charts of one kind beyond these would be a wall: the tables that are not in order come first. */
const maxCharts = 24

/** How long it took from an event, and from Kafka, to the committed row. */
export function freshnessSection(data: PageData): Html {
  const chosen = chartTables(data, ({ layer }) => layer === 'bronze' || layer === 'silver' || layer === 'gold')
  const charts = chosen.map(({ table }) => {
    const series = seriesOf(data, table)
    if (series === undefined) return undefined
    const { p50, p95, p99, kafkaP99 } = series.values
    const worst = (values: typeof p99) => seconds(Math.max(0, ...values.map(value => value ?? 0)))
    return chartOf({
      ...frame(data, series),
      title: table,
      rows: rowsOf(
        data,
        table,
        'freshness_seconds, queryable_p50_seconds, queryable_p95_seconds, queryable_p99_seconds, kafka_queryable_p99_seconds',
      ),
      summary: `From event to committed row of ${table}: at most ${worst(p99)} in the 99th percentile; from Kafka's timestamp, whatever an event's own time, ${worst(kafkaP99)}.`,
      lines: [
        { label: 'p99', tone: 'c', values: p99 },
        { label: 'p95', tone: 'b', values: p95 },
        { label: 'p50', tone: 'a', values: p50 },
        { label: 'p99 from Kafka', tone: 'd', values: kafkaP99 },
      ],
      objective: {
        value: data.settings.freshnessLate / 1000,
        label: `objective ${seconds(data.settings.freshnessLate / 1000)}`,
      },
      format: seconds,
      scale: 'log',
    })
  })
  return overTime('freshness', 'Freshness: from event to committed row', charts, data, chosen.length)
}

/** What waits in Kafka, by stream and by partition; and what arrives. */
export function lagSection(data: PageData): Html {
  const bronze = data.status.tables.filter(({ layer }) => layer === 'bronze')
  const charts = chartTables(data, ({ layer }) => layer === 'bronze').flatMap(({ table }) => {
    const series = seriesOf(data, table)
    if (series === undefined) return []
    const { lag, rows } = series.values
    const rates = rows.map((n, i) => (n === null ? null : n / elapsed(data, series, i)))
    return [
      chartOf({
        ...frame(data, series),
        title: `${table}: events a second`,
        rows: rowsOf(data, table, 'rows_added, received, valid, quarantined'),
        summary: `Rows a second that came to ${table}, at most ${count(Math.max(0, ...rates.map(n => n ?? 0)))}.`,
        lines: [{ label: 'events/s', tone: 'a', values: rates, isArea: true }],
        format: count,
      }),
      chartOf({
        ...frame(data, series),
        title: `${table}: offsets waiting in Kafka`,
        rows: rowsOf(data, table, 'lag, partition_lags'),
        summary: `Offsets that ${table} did not cover yet, at most ${count(Math.max(0, ...lag.map(n => n ?? 0)))}.`,
        lines: [{ label: 'lag', tone: 'd', values: lag, isArea: true }],
        format: count,
      }),
    ]
  })
  return html`${overTime('lag', 'Throughput and lag', charts, data, bronze.length)}${bronze.map(table => partitions(data, table))}`
}

function partitions(data: PageData, { table, secondsToDrain }: TableStatus): Html | undefined {
  const lags = lagsOf(data.overview, table)
  if (lags.length === 0) return undefined
  const most = Math.max(1, ...lags.map(([, lag]) => lag))
  const drain =
    secondsToDrain === undefined
      ? 'the lag does not drain'
      : secondsToDrain === 0
        ? 'nothing waits'
        : `drained in ${seconds(secondsToDrain)}`
  const cells = lags.map(
    ([partition, lag]) =>
      html`<li>
        <span class="dim">${partition}</span> <b>${count(lag)}</b
        ><svg viewBox="0 0 100 4" aria-hidden="true" preserveAspectRatio="none">
          <rect class="track" width="100" height="4" />
          <rect class="fill" width="${Math.round((lag / most) * 100)}" height="4" />
        </svg>
      </li>`,
  )
  return html`<section class="inner" aria-label="Lag of ${table} by partition">
    <h3><a href="${rowsOf(data, table, 'lag, partition_lags')}">${table}: lag by partition</a>, ${drain}</h3>
    <ol class="partitions">
      ${cells}
    </ol>
  </section>`
}

/** The address of the monitor's rows of a table, of the range that is shown. */
function rowsOf(data: PageData, table: string, columns: string): string {
  return monitorRows(data, table, columns, { since: data.from, most: 500 })
}

function lagsOf(overview: Overview, table: string): readonly (readonly [string, number])[] {
  const text = overview.tables[table]?.row['partition_lags']
  if (typeof text !== 'string') return []
  return numbersIn(text).sort(([a], [b]) => Number(a) - Number(b))
}

/** Numbers by name out of a JSON object; none where it cannot be read. */
export function numbersIn(text: string): (readonly [string, number])[] {
  try {
    const json = JSON.parse(text) as unknown
    if (typeof json !== 'object' || json === null) return []
    return Object.entries(json).flatMap(([name, n]) => (typeof n === 'number' ? [[name, n] as const] : []))
  } catch {
    return []
  }
}

function overTime(id: string, title: string, charts: readonly (Html | undefined)[], data: PageData, all: number): Html {
  const drawn = charts.filter(chart => chart !== undefined)
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${title} <small class="dim">last ${data.request.range}</small></h2>
    ${
      drawn.length === 0 ? html`<p class="dim">Nothing was measured yet.</p>` : html`<div class="charts">${drawn}</div>`
    }${all > maxCharts ? html`<p class="dim">${maxCharts} of ${all} are drawn, those that are not in order first.</p>` : undefined}
  </section>`
}

function chartTables({ status }: PageData, isWanted: (table: TableStatus) => boolean): readonly TableStatus[] {
  const wanted = status.tables.filter(isWanted)
  if (wanted.length <= maxCharts) return wanted
  return [...wanted].sort((a, b) => Number(a.status === 'OK') - Number(b.status === 'OK')).slice(0, maxCharts)
}

function seriesOf(data: PageData, table: string): Series<TableMeasure> | undefined {
  const series = data.overview.tables[table]?.timeline?.[data.request.range]
  return series === undefined || series.at.length === 0 ? undefined : series
}

function frame(data: PageData, series: Series<TableMeasure>): Pick<Chart, 'at' | 'stepMs' | 'from' | 'to'> {
  return {
    at: series.at.map(at => at * series.stepMs),
    stepMs: series.stepMs,
    from: data.from,
    to: data.from + span(data, series),
  }
}

function span(data: PageData, { stepMs }: Series<TableMeasure>): number {
  return Math.max(stepMs, Math.ceil((data.now - data.from) / stepMs) * stepMs)
}

/** Seconds that an interval has lasted: the newest one is not over. */
function elapsed({ overview }: PageData, { at, stepMs }: Series<TableMeasure>, i: number): number {
  const start = (at[i] ?? 0) * stepMs
  const end = Math.min(start + stepMs, Math.max(start + 1_000, overview.writtenAt))
  return i === at.length - 1 ? Math.max(1, (end - start) / 1000) : stepMs / 1000
}
