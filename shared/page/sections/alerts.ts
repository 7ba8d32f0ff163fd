import { ago, moment } from '../figures.js'
import { type Html, html } from '../html.js'
import type { PageData } from '../pageData.js'
import { column, dataTable, wideColumn } from './dataTable.js'

const severities = ['critical', 'error', 'warning', 'note'] as const

/** Which alerts fire, since when, and where to read what to do. */
export function alertsSection({ alerts: { firing }, now }: PageData): Html {
  return html`<section aria-labelledby="alerts">
    <h2 id="alerts">Alerts</h2>
    ${
      firing.length === 0
        ? html`<p class="dim">None fires.</p>`
        : dataTable(
            { heading: 'alerts' },
            [column('Alert'), column('Since'), wideColumn('What is wrong'), column('Runbook')],
            firing.map(
              ({ title, severity, since, sinceIsKnown, sentence, runbook }) =>
                html`<tr class="${severity < 2 ? 'bad' : ''}">
                  <th scope="row">${title} <small class="dim">${severities[severity]}</small></th>
                  <td>
                    <time title="${moment(since)}">${sinceIsKnown ? '' : 'at least '}${ago(since, now)}</time>
                  </td>
                  <td>${sentence}</td>
                  <td><code>${runbook}</code></td>
                </tr>`,
            ),
          )
    }
  </section>`
}
