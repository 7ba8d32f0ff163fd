import { dayMs } from '../types/index.js'
import { moment, timeOfDay } from './figures.js'
import { Html, html, wholeText } from './html.js'

/** A line of a chart, or one area below it. */
export interface ChartLine {
  readonly label: string
  /** Names a colour of the style sheet: `a` to `d`. */
  readonly tone: 'a' | 'b' | 'c' | 'd'
  /** At each interval of the series. */
  readonly values: readonly (number | null)[]
  readonly isArea?: boolean | undefined
}

/** A chart of values over time. */
export interface Chart {
  readonly title: string
  /** The address of the rows that it is drawn from. */
  readonly rows: string
  /** What it shows, in a sentence, for those who do not see it. */
  readonly summary: string
  readonly lines: readonly ChartLine[]
  /** When intervals begin, milliseconds; ascending, as many as the lines have values. */
  readonly at: readonly number[]
  readonly stepMs: number
  readonly from: number
  readonly to: number
  /** A limit that the values should stay below. */
  readonly objective?: { readonly value: number; readonly label: string } | undefined
  readonly format: (value: number) => string
  /** How values are spread: waits differ by powers of ten. Linear when absent. */
  readonly scale?: 'linear' | 'log' | undefined
}

/** Units of the drawing; it grows with the page. */
const [width, height, left, right, top, bottom] = [360, 132, 4, 4, 14, 16]

/** An SVG of lines over time, with a table of its figures' names and newest values below. Static: a script may add a readout. */
export function chartOf(chart: Chart): Html {
  const { lines, at, from, to, objective, format } = chart
  const values = lines.flatMap(line => line.values.filter(value => value !== null))
  const highest = Math.max(0, ...values)
  const isNear = objective !== undefined && highest > objective.value / 4
  const most = niceAbove(Math.max(highest, isNear ? objective.value : 0))
  const isLog = chart.scale === 'log'
  const least = isLog
    ? 10 ** Math.floor(Math.log10(Math.max(most / 1e6, Math.min(most / 10, ...values.filter(n => n > 0)))))
    : 0
  const part = isLog
    ? (value: number) => Math.log(Math.max(least, value) / least) / Math.log(most / least)
    : (value: number) => Math.max(0, value) / most
  const x = (ms: number) => left + ((ms - from) / Math.max(1, to - from)) * (width - left - right)
  const y = (value: number) => top + (1 - part(value)) * (height - top - bottom)
  const places = at.map(ms => x(ms + chart.stepMs / 2))
  const steps = isLog ? powersBetween(least, most) : [most / 2, most]
  const grid = steps.map(value => html`<path class="grid" d="M${left} ${round(y(value))}H${width - right}" />`)
  const data = JSON.stringify({
    at: places.map(round),
    times: at.map(ms => (to - from > 2 * dayMs ? moment(ms).slice(5, 16) : timeOfDay(ms))),
    lines: lines.map(line => [line.label, line.values.map(value => (value === null ? null : format(value)))]),
  })
  return html`<figure class="chart">
    <figcaption><a href="${chart.rows}">${chart.title}</a></figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.summary}">
      ${grid}
      <path class="axis" d="M${left} ${height - bottom}H${width - right}" />
      ${isNear ? objectiveLine(y(objective.value), objective.label) : undefined}
      ${lines.map(line => drawn(line, places, y, x(from + chart.stepMs) - x(from)))}
      <text class="tick" x="${left}" y="10">${format(most)}</text>
      ${isLog ? html`<text class="tick" x="${left}" y="${height - bottom - 3}">${format(least)}</text>` : undefined}
      <text class="tick" x="${left}" y="${height - 4}">${tickOf(from, to - from)}</text>
      <text class="tick end" x="${width - right}" y="${height - 4}">${tickOf(to, to - from)}</text>
    </svg>
    <p class="legend" data-chart="${wholeText(data)}">
      ${lines.map(line => html`<span class="key ${line.tone}">${line.label} <b>${newest(line.values, format)}</b></span> `)}${objective === undefined || isNear ? undefined : html`<span class="dim">${objective.label}: ${format(objective.value)}, far above</span>`}
    </p>
  </figure>`
}

const round = (value: number) => Number(value.toFixed(1))

/** One path; intervals without a value interrupt it, and one that stands alone is a dot. */
function drawn(line: ChartLine, places: readonly number[], y: (value: number) => number, step: number): Html {
  const floor = y(0)
  let path = ''
  let area = ''
  let start: number | undefined
  let before: number | undefined
  places.forEach((place, i) => {
    const value = line.values[i] ?? null
    // Intervals between the samples of a slow schedule are no gap: only a longer silence is.
    const isNext = before !== undefined && place - before < step * 3.5
    // An overview of some minutes ago begins before the page's range.
    if (value === null || place < left) return
    const point = `${round(place)} ${round(y(value))}`
    if (isNext) path += `L${point}`
    else {
      if (start !== undefined) area += `V${round(floor)}H${round(start)}Z`
      path += `M${point}h.01`
      start = place
    }
    area += isNext ? `L${point}` : `M${round(place)} ${round(floor)}V${round(y(value))}`
    before = place
  })
  if (start !== undefined) area += `V${round(floor)}Z`
  const filled =
    line.isArea === true && area !== '' ? new Html(`<path class="area ${line.tone}" d="${area}"/>`) : undefined
  return html`${filled}${path === '' ? undefined : new Html(`<path class="line ${line.tone}" d="${path}"/>`)}`
}

function objectiveLine(at: number, label: string): Html {
  return html`<path class="objective" d="M${left} ${round(at)}H${width - right}" /><text
      class="tick end"
      x="${width - right}"
      y="${round(Math.max(10, at - 3))}"
      >${label}</text
    >`
}

function newest(values: readonly (number | null)[], format: (value: number) => string): string {
  const value = values.findLast(one => one !== null)
  return typeof value === 'number' ? format(value) : '–'
}

function powersBetween(least: number, most: number): readonly number[] {
  const powers: number[] = []
  for (let power = least * 10; power < most * 0.999; power *= 10) powers.push(power)
  return [...powers, most]
}

/** 1, 2 or 5 times a power of ten, not below the value. */
function niceAbove(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find(n => n * power >= value) ?? 10) * power
}

function tickOf(ms: number, length: number): string {
  return length > 2 * dayMs ? moment(ms).slice(5, 16) : timeOfDay(ms)
}
