import type { TableStatus } from '../../pipeline/status/index.js'
import { job } from '../../pipeline/step/index.js'
import { ago, count } from '../figures.js'
import { type Html, html } from '../html.js'
import type { PageData } from '../pageData.js'

/** Streams that are drawn; of more the first, those that are not in order before others. */
const maxStreams = 8

const [box, gap, top, laneHeight] = [{ width: 180, height: 76 }, 62, 30, 100] as const
const columns = ['kafka', 'bronze', 'silver', 'gold', 'summary'] as const
const width = columns.length * box.width + (columns.length - 1) * gap

interface Node {
  readonly x: number
  readonly y: number
  readonly title: string
  readonly name: string
  readonly status: string
  readonly fact: string
}

/** The pipeline's picture: where rows come from and go to, how many have passed, and how each part does. */
export function pictureSection(data: PageData): Html {
  return html`<section aria-labelledby="picture">
    <h2 id="picture">Pipeline</h2>
    <div class="wide" tabindex="0" role="region" aria-labelledby="picture">${picture(data)}</div>
  </section>`
}

/** The picture alone, as an SVG that stands in a page. */
export function picture(data: PageData): Html {
  const streams = drawnStreams(data)
  const height = top + streams.length * laneHeight + 54
  const below = top + streams.length * laneHeight + 4
  const lanes = streams.map((stream, i) => lane(data, stream, top + i * laneHeight))
  const hidden = data.streams.length - streams.length
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    class="picture"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${inWordsOf(data)}"
  >
    ${columns.map((column, i) => html`<text class="label" x="${i * (box.width + gap)}" y="14">${headings[column]}</text>`)}
    ${lanes} ${steps(data, below)}
    ${hidden > 0 ? html`<text class="label" x="0" y="${below - 2}">and ${hidden} more streams</text>` : undefined}
  </svg>`
}

const taskName = (step: string) => job.tasks.find(task => task.step === step)?.name ?? step

const headings: Readonly<Record<(typeof columns)[number], string>> = {
  kafka: 'source',
  bronze: taskName('bronze'),
  silver: taskName('silver'),
  gold: taskName('gold'),
  summary: 'summary',
}

function lane(data: PageData, stream: PageData['streams'][number], y: number): Html {
  const of = (layer: string) => data.status.tables.find(t => t.stream === stream.name && t.layer === layer)
  const rowOf = (layer: string) => data.overview.tables[of(layer)?.table ?? '']?.row ?? {}
  const [bronze, silver] = [rowOf('bronze'), rowOf('silver')]
  const lag = of('bronze')?.lag
  const nodes: Node[] = columns.map((column, i) => {
    const x = i * (box.width + gap)
    if (column === 'kafka')
      return {
        x,
        y,
        title: 'topic',
        name: stream.topic,
        status: lag === undefined ? 'UNKNOWN' : 'OK',
        fact: lag === undefined ? 'not asked yet' : `${count(lag)} wait`,
      }
    const table = of(column)
    return {
      x,
      y,
      title: titles[column],
      name: table?.table ?? '',
      status: table?.status ?? 'UNKNOWN',
      fact: `${amount(rowOf(column)['rows_total'])} rows`,
    }
  })
  const edges = [
    amount(bronze['received']),
    amount(bronze['valid']),
    amount(silver['inserted']),
    amount(rowOf('gold')['rows_total']),
  ]
  const isOpen = (table: TableStatus | undefined) => table?.reconciled === false
  const marks = edges.map((text, i) => {
    const x = i * (box.width + gap) + box.width
    const middle = y + box.height / 2
    const bad = isOpen(of(columns[i + 1] ?? ''))
    return html`<path class="edge${bad ? ' bad' : ''}" d="M${x + 2} ${middle}h${gap - 8}" /><path
        class="head${bad ? ' bad' : ''}"
        d="M${x + gap - 8} ${middle - 4}l7 4l-7 4z"
      /><text class="edgelabel" x="${x + gap / 2 - 2}" y="${middle - 7}">${text}</text>`
  })
  return html`${nodes.map(drawn)}${marks}`
}

const titles = { bronze: 'bronze', silver: 'silver', gold: 'gold', summary: 'gold' } as const

function drawn({ x, y, title, name, status, fact }: Node): Html {
  return html`<g class="node ${status}"
    ><title>${title} ${name}: ${status}, ${fact}</title
    ><rect class="box" x="${x + 0.5}" y="${y + 0.5}" width="${box.width - 1}" height="${box.height - 1}" rx="8" /><rect
      class="side"
      x="${x + 0.5}"
      y="${y + 12}"
      width="4"
      height="${box.height - 24}"
      rx="2"
    /><text class="nodename" x="${x + 16}" y="${y + 26}">${shortened(name, 22)}</text
    ><text class="nodefact" x="${x + 16}" y="${y + 45}">${fact}</text
    ><text class="nodestatus" x="${x + 16}" y="${y + 63}">${status}</text></g
  >`
}

/** What runs beside the flow of rows. */
function steps(data: PageData, y: number): Html {
  const names = ['monitor', 'maintenance', 'models'] as const
  return html`${names.map((step, i) => {
    const runs = data.overview.tasks.filter(task => task.step === step).flatMap(task => task.runs)
    const last = runs.reduce<(typeof runs)[number] | undefined>(
      (best, run) => (best === undefined || run.end > best.end ? run : best),
      undefined,
    )
    const status = last === undefined ? 'UNKNOWN' : last.outcome === 'failed' ? 'DEGRADED' : 'OK'
    const x = (i + 1) * (box.width + gap)
    return html`<g class="node ${status}"
      ><title>${step}: ${last?.outcome ?? 'not run yet'}</title
      ><rect class="box" x="${x + 0.5}" y="${y + 0.5}" width="${box.width + 29}" height="47" rx="8" /><rect
        class="side"
        x="${x + 0.5}"
        y="${y + 10}"
        width="4"
        height="28"
        rx="2"
      /><text class="nodename" x="${x + 16}" y="${y + 21}">${shortened(taskName(step), 24)}</text
      ><text class="nodefact" x="${x + 16}" y="${y + 38}"
        >${last === undefined ? 'not run yet' : `ran ${ago(last.end, data.now)}`}</text
      ></g
    >`
  })}`
}

function drawnStreams({ streams, status }: PageData): PageData['streams'] {
  if (streams.length <= maxStreams) return streams
  const isWell = (name: string) => status.tables.every(t => t.stream !== name || t.status === 'OK')
  return [...streams].sort((a, b) => Number(isWell(a.name)) - Number(isWell(b.name))).slice(0, maxStreams)
}

function inWordsOf({ status }: PageData): string {
  const tables = status.tables.map(({ table, status: word }) => `${table} ${word}`).slice(0, 40)
  return `From Kafka to bronze, silver and gold: ${tables.join(', ')}`
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** Short: 12,345 as it is, millions with three digits. */
function amount(value: unknown): string {
  if (typeof value !== 'bigint' && typeof value !== 'number') return '–'
  const n = Number(value)
  if (n < 1e6) return count(value)
  const [unit, divisor] = n < 1e9 ? (['M', 1e6] as const) : (['G', 1e9] as const)
  return `${(n / divisor).toPrecision(3)} ${unit}`
}
