/** A line of the legend, and how its marks look. */
export interface ChartSeries {
  readonly label: string
  readonly color: string
  /** Points of a line, or the bars' tops; in the axes' units. */
  readonly points: readonly (readonly [x: number, y: number])[]
  /** How wide a bar is, in the x axis's unit; a line when absent. */
  readonly barWidth?: number | undefined
}

/** An axis from one end to the other, with a mark about every `tick`. */
export interface ChartAxis {
  readonly label: string
  readonly from: number
  readonly to: number
}

/** A chart with two axes. */
export interface Chart {
  readonly title: string
  readonly subtitle: string
  readonly x: ChartAxis
  readonly y: ChartAxis
  readonly series: readonly ChartSeries[]
  /** A vertical line with its name. */
  readonly mark?: { readonly x: number; readonly label: string } | undefined
}

const [width, height] = [720, 440]
const plot = { left: 72, right: 696, top: 84, bottom: 376 }

/** The chart as an SVG document: readable by itself, with no script, style sheet or font of its own. */
export function chartSvg(chart: Chart): string {
  const { x, y, series, mark } = chart
  const px = (value: number) => plot.left + ((value - x.from) / (x.to - x.from)) * (plot.right - plot.left)
  const py = (value: number) => plot.bottom - ((value - y.from) / (y.to - y.from)) * (plot.bottom - plot.top)
  const middle = (plot.top + plot.bottom) / 2
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#24292f">`,
    `<title>${escapeXml(chart.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    label(plot.left, 30, chart.title, 'font-size="17" font-weight="bold"'),
    label(plot.left, 52, chart.subtitle, 'fill="#57606a"'),
    ...legend(series),
    ...ticks(y).flatMap(value => [
      line(plot.left, py(value), plot.right, py(value), '#d8dee4'),
      label(plot.left - 8, py(value) + 4, tickText(value), 'text-anchor="end"'),
    ]),
    ...ticks(x).flatMap(value => [
      line(px(value), plot.bottom, px(value), plot.bottom + 5, '#57606a'),
      label(px(value), plot.bottom + 20, tickText(value), 'text-anchor="middle"'),
    ]),
    ...series.map(one => marks(one, px, py)),
    line(plot.left, plot.bottom, plot.right, plot.bottom, '#57606a'),
    ...(mark === undefined
      ? []
      : [
          `<line x1="${round(px(mark.x))}" y1="${plot.top}" x2="${round(px(mark.x))}" y2="${plot.bottom}" stroke="#24292f" stroke-dasharray="4 4"/>`,
          label(px(mark.x) + 6, plot.top + 12, mark.label, 'fill="#24292f"'),
        ]),
    label((plot.left + plot.right) / 2, plot.bottom + 48, x.label, 'text-anchor="middle"'),
    label(20, middle, y.label, `text-anchor="middle" transform="rotate(-90 20 ${middle})"`),
    '</svg>',
    '',
  ].join('\n')
}

function marks({ color, points, barWidth }: ChartSeries, px: (x: number) => number, py: (y: number) => number): string {
  if (barWidth === undefined) {
    const path = points.map(([x, y]) => `${round(px(x))},${round(py(y))}`).join(' ')
    return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/>`
  }
  const bars = points.flatMap(([x, y]) => {
    const tall = plot.bottom - py(y)
    const wide = px(x + barWidth) - px(x) - 1
    return tall <= 0
      ? []
      : [`<rect x="${round(px(x))}" y="${round(py(y))}" width="${round(wide)}" height="${round(tall)}"/>`]
  })
  return `<g fill="${color}" fill-opacity="0.6">${bars.join('')}</g>`
}

function legend(series: readonly ChartSeries[]): readonly string[] {
  let at = plot.left
  return series.flatMap(({ label: name, color }) => {
    const x = at
    // About as wide as the text: seven units a letter.
    at += 36 + name.length * 7
    return [
      `<rect x="${x}" y="63" width="12" height="12" fill="${color}" fill-opacity="0.8"/>`,
      label(x + 18, 74, name),
    ]
  })
}

/** About five round values within the axis. */
function ticks({ from, to }: ChartAxis): readonly number[] {
  const rough = (to - from) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find(factor => factor * power >= rough * 0.99) ?? 10)
  const first = Math.ceil(from / step - 1e-9)
  const count = Math.floor(to / step + 1e-9) - first + 1
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

function tickText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 })
}

function line(x1: number, y1: number, x2: number, y2: number, color: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${color}"/>`
}

function label(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escapeXml(content)}</text>`
}

const round = (value: number) => String(Math.round(value * 100) / 100)

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, found => entities[found] ?? found)
}
