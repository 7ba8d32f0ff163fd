import { count } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo, quotedName, quotedText } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable, numberColumn } from './dataTable.js'
import { badge } from './tables.js'

/** What scores, in which version, and whether events are still like those it was trained on. */
export function modelsSection(data: PageData): Html | undefined {
  const { models, read } = data.overview
  const hasRuns = read['model_runs'] !== undefined
  if (models.length === 0) return undefined
  const rows = models.map(({ stream, uri, version, fault }) => {
    const drift = data.status.tables.find(
      t => t.stream === stream && t.layer === undefined && t.table.endsWith('_drift'),
    )
    const gold = data.status.tables.find(t => t.stream === stream && t.layer === 'gold')
    const anomalies = gold === undefined ? undefined : data.overview.tables[gold.table]?.row['anomalies']
    const sql = `SELECT run_time, model, version, event, auc, champion_auc, reason FROM model_runs WHERE stream = ${quotedText(stream)} ORDER BY run_time DESC LIMIT 50`
    return html`<tr>
      <th scope="row">
        ${hasRuns ? html`<a href="${linkTo(data, { sql }, 'sql')}">${uri}</a>` : uri} <span class="dim">${stream}</span>
      </th>
      <td>
        ${version ?? html`none scores: <code>npx lake train --register</code>`}${fault === undefined ? undefined : html`<br /><small class="bad">${fault}</small>`}
      </td>
      <td>
        ${drift === undefined ? html`<span class="dim">not compared yet</span>` : html`${badge(drift.status)} ${drift.reason}`}
      </td>
      <td class="num">${anomalyCount(data, gold?.table, typeof anomalies === 'bigint' ? anomalies : undefined)}</td>
    </tr>`
  })
  return html`<section aria-labelledby="models">
    <h2 id="models">Models</h2>
    ${dataTable({ heading: 'models' }, [column('Model'), column('Version that scores'), column('Drift'), numberColumn('Anomalies')], rows)}
  </section>`
}

/** The count, and the way to its rows. */
function anomalyCount(data: PageData, table: string | undefined, anomalies: bigint | undefined): Html {
  if (table === undefined || anomalies === undefined || anomalies === 0n) return html`${count(anomalies)}`
  const sql = `SELECT * FROM ${quotedName(table)} WHERE is_anomaly ORDER BY scored_at DESC LIMIT 100`
  return html`<a href="${linkTo(data, { sql }, 'sql')}">${count(anomalies)}</a>`
}
