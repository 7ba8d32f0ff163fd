import type { CostReport, StepCost } from '../../pipeline/cost/index.js'
import { count, dollars, moment, percent } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable, numberColumn } from './dataTable.js'

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
  const { total, span } = cost
  const dearest = cost.steps[0]?.total ?? 0
  return html`<p>
      <b>${dollars(total.perMillionRows)}</b> per million events, <b>${dollars(total.perGigabyte)}</b> per GB;
      <b>${dollars(today?.total.total)}</b> today, <b>${dollars(cost.month)}</b> a month at the rate since
      ${moment(span?.from)}.${cost.lever === undefined ? undefined : html` ${cost.lever.sentence}`}
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
      cost.steps.map(step => stepRow(step, dearest)),
    )}`
}

function stepRow(step: StepCost, dearest: number): Html {
  const part = dearest === 0 ? 0 : Math.round((step.total / dearest) * 100)
  return html`<tr>
    <th scope="row">
      ${step.step}${step.stream === undefined ? undefined : html` <span class="dim">${step.stream}</span>`}
    </th>
    <td class="dim">${step.tables.length > 3 ? `${String(step.tables.length)} tables` : step.tables.join(', ')}</td>
    <td class="num">${count(step.runs)}</td>
    <td class="num">${count(step.idleRuns)}</td>
    <td class="num">${dollars(step.compute)}</td>
    <td class="num">${dollars(step.storage)}</td>
    <td class="num">${dollars(step.total)}</td>
    <td class="bar">
      <svg viewBox="0 0 100 8" aria-hidden="true" preserveAspectRatio="none">
        <rect class="track" width="100" height="8" />
        <rect class="fill" width="${part}" height="8" />
      </svg>
      ${percent(step.share)}
    </td>
  </tr>`
}
