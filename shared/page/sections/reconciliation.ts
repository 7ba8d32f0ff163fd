import type { Row } from '../../types/index.js'
import { count } from '../figures.js'
import { type Html, html } from '../html.js'
import { monitorRows } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable } from './dataTable.js'
import { badge } from './tables.js'

interface Term {
  readonly label: string
  readonly column: string
  /** Shown where it is not 0 only: few streams have it. */
  readonly isRare?: boolean
}

interface Sum {
  readonly whole: readonly Term[]
  readonly parts: readonly Term[]
}

const term = (label: string, column = label): Term => ({ label, column })
const rareTerm = (label: string): Term => ({ label, column: label, isRare: true })

const sums: Readonly<Record<string, Sum>> = {
  bronze: {
    whole: [term('received')],
    parts: [
      term('redelivered'),
      term('valid'),
      term('rejected', 'quarantined'),
      term('tombstones'),
      term('dropped'),
      term('filtered'),
      rareTerm('erased'),
      rareTerm('expired'),
      rareTerm('deleted'),
    ],
  },
  silver: {
    whole: [term('valid'), rareTerm('replayed')],
    parts: [term('inserted'), term('duplicates')],
  },
}

/** Whether every record is accounted for, table by table; red where the counts do not reconcile. */
export function reconciliationSection(data: PageData): Html {
  const rows = data.status.tables.flatMap(({ table, layer, reconciled, reconciliation }) => {
    const row = data.overview.tables[table]?.row
    if (row === undefined || layer === undefined) return []
    const history = monitorRows(
      data,
      table,
      'identity_closed, identity, received, redelivered, valid, quarantined, tombstones, inserted, duplicates',
    )
    const verdict =
      reconciled === undefined ? html`<span class="dim">not compared</span>` : badge(reconciled ? 'OK' : 'DEGRADED')
    return [
      html`<tr${reconciled === false ? html` class="bad"` : undefined}><th scope="row"><a href="${history}">${table}</a></th><td>${verdict}</td><td>${balance(layer, row, reconciliation)}</td></tr>`,
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

function balance(layer: string, row: Row, reconciliation: string | undefined): Html {
  const sum = Object.hasOwn(sums, layer) ? sums[layer] : undefined
  const text = reconciliation?.replace(/\d{4,}/g, digits => count(BigInt(digits)))
  if (sum === undefined) return html`${text}`
  const said = text === undefined ? undefined : html`<br /><small class="dim">${text}</small>`
  return html`<span class="equation">${added(row, sum.whole)} = ${added(row, sum.parts)}</span>${said}`
}

function added(row: Row, terms: readonly Term[]): Html {
  const present = terms.filter(({ column, isRare }) => isRare !== true || (row[column] ?? 0n) !== 0n)
  const one = ({ label, column }: Term) => html`<span class="term"><b>${shown(row[column])}</b> ${label}</span>`
  return html`${present.map((part, i) => html`${i === 0 ? '' : ' + '}${one(part)}`)}`
}

function shown(value: unknown): string {
  return count(typeof value === 'bigint' || typeof value === 'number' ? value : undefined)
}
