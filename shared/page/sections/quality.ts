import { quarantineName } from '../../contract/index.js'
import type { RejectedExample } from '../../pipeline/overview/index.js'
import { undeclaredText } from '../../pipeline/status/index.js'
import { asObject } from '../../types/index.js'
import { count, seconds } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo, quotedName, quotedText } from '../links.js'
import type { PageData } from '../pageData.js'
import { column, dataTable, numberColumn } from './dataTable.js'
import { numbersIn } from './overTime.js'

/** How many records broke which rule, zeros too, what of them waits, and examples. */
export function qualitySection(data: PageData): Html {
  const streams = data.streams.map(({ name }) => streamQuality(data, name)).filter(one => one !== undefined)
  return html`<section aria-labelledby="quality">
    <h2 id="quality">Quality, rule by rule</h2>
    ${streams.length === 0 ? html`<p class="dim">No record was looked at yet.</p>` : streams}
  </section>`
}

interface Rule {
  readonly name: string
  readonly total: number
  readonly waiting: number | undefined
  readonly oldest: number | undefined
}

function streamQuality(data: PageData, stream: string): Html | undefined {
  const table = data.status.tables.find(one => one.stream === stream && one.layer === 'bronze')
  const row = table === undefined ? undefined : data.overview.tables[table.table]?.row
  if (row === undefined) return undefined
  const text = (name: string) => (typeof row[name] === 'string' ? row[name] : '{}')
  const waiting = waitingIn(text('quarantine_reasons'))
  const totals = numbersIn(text('rejections'))
  const rules: Rule[] = [
    ...totals.map(([name, total]) => ({
      name,
      total,
      waiting: waiting.get(name)?.count,
      oldest: waiting.get(name)?.oldest,
    })),
    ...numbersIn(text('expectations')).map(([name, total]) => ({ name, total, waiting: undefined, oldest: undefined })),
  ].sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1))
  const examples = data.overview.examples.filter(one => one.stream === stream)
  const undeclared = undeclaredText(table?.undeclared ?? [])
  const view = quotedName(quarantineName({ name: stream }))
  const all = `SELECT _error_code, _error_path, count(*) AS records, min(_ingested_at) AS oldest FROM ${view} GROUP BY ALL ORDER BY records DESC`
  return html`<section class="inner" aria-label="Quality of ${stream}">
    <h3>
      ${stream}: <a href="${linkTo(data, { sql: all }, 'sql')}">${count(table?.backlog)} in quarantine</a>,
      ${count(table?.rejected)} rejected in all
    </h3>
    ${undeclared === undefined ? undefined : html`<p>${undeclared.charAt(0).toUpperCase()}${undeclared.slice(1)}</p>`}
    ${dataTable(
      { label: `Rules of ${stream}` },
      [column('Rule'), numberColumn('Records that broke it'), numberColumn('In quarantine'), numberColumn('Oldest')],
      rules.map(rule => ruleRow(data, view, rule)),
    )}
    ${
      examples.length === 0
        ? undefined
        : html`<details id="examples-${stream}">
            <summary>${examples.length} rejected records as examples</summary>
            <ul class="examples">
              ${examples.map(example => exampleItem(data, view, example))}
            </ul>
          </details>`
    }
  </section>`
}

function ruleRow(data: PageData, view: string, { name, total, waiting, oldest }: Rule): Html {
  const sql = `SELECT _partition, _offset, _error_path, _error_message, decode(_value) AS value FROM ${view} WHERE _error_code = ${quotedText(name)} ORDER BY _ingested_at DESC LIMIT 100`
  const label =
    waiting === undefined || waiting === 0 ? html`${name}` : html`<a href="${linkTo(data, { sql }, 'sql')}">${name}</a>`
  return html`<tr${total === 0 ? html` class="zero"` : undefined}><th scope="row">${label}</th><td class="num">${count(total)}</td><td class="num">${count(waiting)}</td><td class="num">${seconds(oldest)}</td></tr>`
}

function exampleItem(data: PageData, view: string, e: RejectedExample): Html {
  const sql = `SELECT * FROM ${view} WHERE _partition = ${String(e.partition)} AND _offset = ${/^\d+$/.test(e.offset) ? e.offset : '0'}`
  return html`<li>
    <b>${e.code}</b> ${e.path === undefined || e.path === '' ? undefined : html`<code>${e.path}</code> `}${e.message}
    <a href="${linkTo(data, { sql }, 'sql')}">partition ${e.partition}, offset ${e.offset}</a>
    <pre>${e.value}</pre>
  </li>`
}

function waitingIn(text: string): ReadonlyMap<string, { readonly count: number; readonly oldest: number | undefined }> {
  try {
    const reasons = Object.entries(asObject(JSON.parse(text)) ?? {})
    return new Map(
      reasons.map(([name, found]) => {
        const { count: n, oldestSeconds } = asObject(found) ?? {}
        return [name, { count: Number(n ?? 0), oldest: typeof oldestSeconds === 'number' ? oldestSeconds : undefined }]
      }),
    )
  } catch {
    return new Map()
  }
}
