import { alerts, timeColumn } from '../../alerts/rules/index.js'
import { ago, moment } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo, quotedText } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable, wideColumn } from './dataTable.js'

const severities = ['critical', 'error', 'warning', 'note'] as const

/** Which alerts fire, since when, and where to read what to do. */
export function alertsSection(data: PageData): Html {
  const { firing } = data.alerts
  return html`<section aria-labelledby="alerts">
    <h2 id="alerts">Alerts</h2>
    ${
      firing.length === 0
        ? html`<p class="dim">None fires.</p>`
        : dataTable(
            { heading: 'alerts' },
            [column('Alert'), column('Since'), wideColumn('What is wrong'), column('Runbook')],
            firing.map(
              ({ alert, about, title, severity, since, sinceIsKnown, sentence, runbook }) =>
                html`<tr class="${severity < 2 ? 'bad' : ''}">
                  <th scope="row">
                    <a href="${rowsOf(data, alert, about)}">${title}</a>
                    <small class="dim">${severities[severity]}</small>
                  </th>
                  <td>
                    <time title="${moment(since)}">${sinceIsKnown ? '' : 'at least '}${ago(since, data.now)}</time>
                  </td>
                  <td>${sentence}</td>
                  <td><code>${runbook}</code></td>
                </tr>`,
            ),
          )
    }
  </section>`
}

/** The address of the rows that an alert looks at, the newest first. */
function rowsOf(data: PageData, alert: string, about: string): string {
  const table = alerts.find(({ name }) => name === alert)?.signal.table ?? 'monitor_logs'
  const names = table === 'monitor_logs' ? 'table_name, stream' : "table_name, stream, step, step || ' of ' || stream"
  const where = about === '' ? '' : ` WHERE ${quotedText(about)} IN (${names})`
  return linkTo(data, { sql: `SELECT * FROM ${table}${where} ORDER BY ${timeColumn[table]} DESC LIMIT 100` }, 'sql')
}
