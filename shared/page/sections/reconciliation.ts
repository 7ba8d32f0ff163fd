import type { Row } from '../../types/index.js'
import { count } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo, quotedText } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable } from './dataTable.js'
import { badge } from './tables.js'

type Term = readonly [label: string, column: string]

const sums: Readonly<Record<string, { readonly whole: Term; readonly parts: readonly Term[] }>> = {
  bronze: {
    whole: ['received', 'received'],
    parts: [
      ['redelivered', 'redelivered'],
      ['valid', 'valid'],
      ['rejected', 'quarantined'],
      ['tombstones', 'tombstones'],
      ['dropped', 'dropped'],
      ['filtered', 'filtered'],
    ],
  },
  silver: {
    whole: ['valid + replayed', 'valid'],
    parts: [
      ['inserted', 'inserted'],
      ['duplicates', 'duplicates'],
    ],
  },
}

/** Whether every record is accounted for, table by table; red where the counts do not reconcile. */
export function reconciliationSection(data: PageData): Html {
  const rows = data.status.tables.flatMap(({ table, layer, reconciled, reconciliation }) => {
    const row = data.overview.tables[table]?.row
    if (row === undefined || layer === undefined) return []
    const sql = `SELECT run_time, identity_closed, identity, received, redelivered, valid, quarantined, tombstones, inserted, duplicates FROM monitor_logs WHERE table_name = ${quotedText(table)} ORDER BY run_time DESC LIMIT 100`
    const verdict =
      reconciled === undefined ? html`<span class="dim">not compared</span>` : badge(reconciled ? 'OK' : 'DEGRADED')
    return [
      html`<tr${reconciled === false ? html` class="bad"` : undefined}><th scope="row"><a href="${linkTo(data, { sql }, 'sql')}">${table}</a></th><td>${verdict}</td><td>${equation(layer, row)}${reconciliation === undefined ? undefined : html`<br /><small class="dim">${reconciliation}</small>`}</td></tr>`,
    ]
  })
  return html`<section aria-labelledby="counts">
    <h2 id="counts">Do the counts reconcile?</h2>
    ${
      rows.length === 0
        ? html`<p class="dim">No table was looked at yet.</p>`
        : dataTable({ heading: 'counts' }, [column('Table'), column('Verdict'), column('Since the beginning')], rows)
    }
  </section>`
}

function equation(layer: string, row: Row): Html | undefined {
  const sum = Object.hasOwn(sums, layer) ? sums[layer] : undefined
  if (sum === undefined) return undefined
  const term = ([label, column]: Term) => html`<span class="term"><b>${shown(row[column])}</b> ${label}</span>`
  return html`<span class="equation"
    >${term(sum.whole)} = ${sum.parts.map((part, i) => html`${i === 0 ? '' : ' + '}${term(part)}`)}</span
  >`
}

function shown(value: unknown): string {
  return count(typeof value === 'bigint' || typeof value === 'number' ? value : undefined)
}
