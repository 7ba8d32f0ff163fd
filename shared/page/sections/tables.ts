import { type TableStatus } from '../../pipeline/status/index.js'
import { ago, bytes, count, moment, seconds } from '../figures.js'
import { type Html, html } from '../html.js'
import { linkTo, monitorRows, quotedName } from '../links.js'
import type { PageData } from '../pageData.js'
import { breakableName, column, dataTable, numberColumn, wideColumn } from './dataTable.js'

/** The word of a verdict, with a sign that does not rest on its colour. */
export function badge(status: string): Html {
  return html`<span class="badge ${status}">${signs[status] ?? '?'} ${status}</span>`
}

const signs: Readonly<Record<string, string>> = {
  OK: '✓',
  LATE: '◷',
  STALE: '◷',
  PAUSED: '⏸',
  DEGRADED: '✕',
  SILENT: '?',
  NEVER: '?',
}

/** Each table: its verdict, why, since when, and what repairs it. */
export function tablesSection(data: PageData): Html {
  const { status } = data
  return html`<section aria-labelledby="tables">
    <h2 id="tables">Tables</h2>
    ${dataTable(
      { heading: 'tables' },
      [
        column('Table'),
        column('Verdict'),
        wideColumn('Why, and what repairs it'),
        numberColumn('Newest event'),
        numberColumn('Rows'),
      ],
      status.tables.map(table => tableRow(data, table)),
    )}
  </section>`
}

function tableRow(data: PageData, t: TableStatus): Html {
  const row = data.overview.tables[t.table]?.row
  const total = row?.['rows_total']
  const isThere = typeof row?.['table_version'] === 'bigint'
  const rows = `SELECT * FROM ${quotedName(t.table)} LIMIT 100`
  const history = monitorRows(data, t.table, 'status, reason, freshness_seconds, lag')
  return html`<tr>
    <th scope="row">
      ${isThere ? html`<a href="${linkTo(data, { sql: rows }, 'sql')}">${breakableName(t.table)}</a>` : breakableName(t.table)}
    </th>
    <td>${badge(t.status)}<br /><small class="dim">${sinceText(t, data.now)}</small></td>
    <td>${t.reason}${t.repair === undefined ? undefined : html` <code class="repair">npx ${t.repair}</code>`}</td>
    <td class="num"><a href="${history}">${seconds(t.freshnessSeconds)}</a></td>
    <td class="num">${count(typeof total === 'bigint' ? total : undefined)}</td>
  </tr>`
}

function sinceText({ since }: TableStatus, now: number): Html | undefined {
  if (since === undefined) return undefined
  return html`<time title="${moment(since.time)}"
    >since ${since.isStart ? '' : 'at least '}${ago(since.time, now)}</time
  >`
}

/** Files, small ones, size, and what a reader must replay. */
export function healthSection(data: PageData): Html {
  const tables = data.status.tables.filter(({ files }) => files !== undefined)
  const rows = tables.map(t => {
    const row = data.overview.tables[t.table]?.row
    const version = row?.['table_version']
    const history = monitorRows(data, t.table, 'table_version, files, small_files, bytes, versions_since_checkpoint')
    return html`<tr>
      <th scope="row"><a href="${history}">${t.table}</a></th>
      <td class="num">${count(typeof version === 'bigint' ? version : undefined)}</td>
      <td class="num">${count(t.files)}</td>
      <td class="num">${count(t.smallFiles)}</td>
      <td class="num">${bytes(t.bytes)}</td>
      <td class="num">
        ${t.files === undefined || t.files === 0n || t.bytes === undefined ? '–' : bytes(Number(t.bytes) / Number(t.files))}
      </td>
      <td class="num">${count(t.versionsSinceCheckpoint)}</td>
    </tr>`
  })
  return html`<section aria-labelledby="health">
    <h2 id="health">Table health</h2>
    ${
      rows.length === 0
        ? html`<p class="dim">No table was looked at yet.</p>`
        : dataTable(
            { heading: 'health' },
            [
              column('Table'),
              numberColumn('Version'),
              numberColumn('Files'),
              numberColumn(html`Small (&lt; 16 MiB)`),
              numberColumn('Bytes'),
              numberColumn('A file'),
              numberColumn('Versions since a checkpoint'),
            ],
            rows,
          )
    }
  </section>`
}
