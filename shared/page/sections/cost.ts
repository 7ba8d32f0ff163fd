import type { CostReport, StepCost, TableCost } from '../../pipeline/cost/index.js'
import { count, dollars, moment, percent } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo, quotedText } from '../links.js'
import type { PageData } from '../pageData.js'
import { breakableName, column, dataTable, numberColumn } from './dataTable.js'

/** What the runs cost, by step, and what would make it less. */
export function costSection(data: PageData): Html {
  const { cost, today } = data
  const sql =
    'SELECT step, stream, count(*) AS runs, sum(duration_ms) AS ms, sum(storage_writes) AS writes, sum(estimated_cost_usd) AS usd FROM cluster_logs GROUP BY ALL ORDER BY usd DESC'
  return html`<section aria-labelledby="cost">
    <h2 id="cost">Cost <small class="dim">an estimate by prices of ${data.settings.prices.asOf}</small></h2>
    ${cost?.span === undefined ? html`<p class="dim">No run was recorded yet.</p>` : costed(data, cost, today, sql)}
  </section>`
}

function costed(data: PageData, cost: CostReport, today: CostReport | undefined, sql: string): Html {
  const { total } = cost
  const dearest = cost.steps[0]?.total ?? 0
  return html`<p>
      <b>${dollars(total.perMillionRows)}</b> per million events, <b>${dollars(total.perGigabyte)}</b> per GB;
      <b>${dollars(today?.total.total)}</b>
      today${month(cost)}.${cost.lever === undefined ? undefined : html` ${cost.lever.sentence}`}
    </p>
    ${dataTable(
      { heading: 'cost' },
      [
        column('Step'),
        column('Tables'),
        numberColumn(html`<a href="${linkTo(data, { sql }, 'sql')}">Runs</a>`),
        numberColumn('Idle'),
        numberColumn('Compute'),
        numberColumn('Storage'),
        numberColumn('All'),
        column('Share'),
      ],
      cost.steps.map(step => stepRow(data, step, dearest)),
    )}${byTable(data, cost.tables)}`
}

/** Nothing before it can be projected. */
function month({ month: projected, span }: CostReport): Html | undefined {
  return projected === undefined
    ? undefined
    : html`, <b>${dollars(projected)}</b> a month at the rate since ${moment(span?.from)}`
}

/** Lines beyond these are added up in the last one. */
const maxTables = 40

function byTable(data: PageData, tables: readonly TableCost[]): Html {
  const shown = tables.slice(0, maxTables)
  const rest = tables.slice(maxTables)
  const dearest = tables[0]?.total ?? 0
  const sql =
    'SELECT table_name, step, count(*) AS runs, sum(duration_ms) AS ms, sum(estimated_cost_usd) AS usd FROM cluster_logs GROUP BY ALL ORDER BY usd DESC'
  return html`<details ${tables.length > 12 ? undefined : html`open`}>
    <summary>By table: the runs that write it, and those that maintain it</summary>
    ${dataTable(
      { heading: 'cost' },
      [
        column('Table'),
        column('Steps'),
        numberColumn(html`<a href="${linkTo(data, { sql }, 'sql')}">Runs</a>`),
        numberColumn('Compute'),
        numberColumn('Storage'),
        numberColumn('of it maintenance'),
        numberColumn('All'),
        numberColumn('per million rows'),
        column('Share'),
      ],
      shown.map(table => tableRow(data, table, dearest)),
    )}${
      rest.length === 0
        ? undefined
        : html`<p class="dim">
            ${count(rest.length)} more cost ${dollars(rest.reduce((sum, { total }) => sum + total, 0))} together.
          </p>`
    }
  </details>`
}

function tableRow(data: PageData, cost: TableCost, dearest: number): Html {
  const { table, stream, steps } = cost
  return html`<tr>
    <th scope="row">
      ${table === undefined ? html`<span class="dim">no table of its own${stream === undefined ? undefined : html`, ${stream}`}</span>` : breakableName(table)}
    </th>
    <td class="dim">${steps.join(', ')}</td>
    <td class="num">
      ${runsOf(data, cost.runs, [`table_name ${isText(table)}`, ...(table === undefined ? [`stream ${isText(stream)}`] : [])])}
    </td>
    <td class="num">${dollars(cost.compute)}</td>
    <td class="num">${dollars(cost.storage)}</td>
    <td class="num">${dollars(cost.maintenance)}</td>
    <td class="num">${dollars(cost.total)}</td>
    <td class="num">${dollars(cost.perMillionRows)}</td>
    ${shareCell(cost, dearest)}
  </tr>`
}

function stepRow(data: PageData, step: StepCost, dearest: number): Html {
  return html`<tr>
    <th scope="row">
      ${step.step}${step.stream === undefined ? undefined : html` <span class="dim">${step.stream}</span>`}
    </th>
    <td class="dim">${step.tables.length > 3 ? `${String(step.tables.length)} tables` : step.tables.join(', ')}</td>
    <td class="num">${runsOf(data, step.runs, [`step ${isText(step.step)}`, `stream ${isText(step.stream)}`])}</td>
    <td class="num">${count(step.idleRuns)}</td>
    <td class="num">${dollars(step.compute)}</td>
    <td class="num">${dollars(step.storage)}</td>
    <td class="num">${dollars(step.total)}</td>
    ${shareCell(step, dearest)}
  </tr>`
}

/** How many runs, with the way to their rows. */
function runsOf(data: PageData, runs: number, conditions: readonly string[]): Html {
  const sql = `SELECT start_time, end_time, step, outcome, duration_ms, storage_reads, storage_writes, estimated_cost_usd FROM cluster_logs WHERE ${conditions.join(' AND ')} ORDER BY end_time DESC LIMIT 500`
  return html`<a href="${linkTo(data, { sql }, 'sql')}">${count(runs)}</a>`
}

const isText = (text: string | undefined) => (text === undefined ? 'IS NULL' : `= ${quotedText(text)}`)

function shareCell({ total, share }: Pick<StepCost, 'total' | 'share'>, dearest: number): Html {
  const part = dearest === 0 ? 0 : Math.round((total / dearest) * 100)
  return html`<td class="bar">
    <svg viewBox="0 0 100 8" aria-hidden="true" preserveAspectRatio="none">
      <rect class="track" width="100" height="8" />
      <rect class="fill" width="${part}" height="8" />
    </svg>
    ${percent(share)}
  </td>`
}
