/** Bars of one unit, drawn against the largest. */
export interface BarGroup {
  /** What they measure, with its unit, and which way is better. */
  readonly title: string
  readonly bars: readonly { readonly name: string; readonly value: number; readonly text: string }[]
}

/** Pixels. */
const width = 760
const nameWidth = 190
const textWidth = 110
const barHeight = 18
const rowHeight = 26

/**
 * Groups of horizontal bars as an SVG picture, legible on light and dark ground. Pure: the same groups give the same
 * bytes.
 */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = []
  let y = 8
  for (const group of groups) {
    y += 22
    parts.push(`<text x="0" y="${y}" class="title">${escaped(group.title)}</text>`)
    y += 10
    const largest = Math.max(...group.bars.map(({ value }) => value), Number.MIN_VALUE)
    for (const [i, { name, value, text }] of group.bars.entries()) {
      const length = Math.max(1, (value / largest) * (width - nameWidth - textWidth))
      const middle = y + barHeight - 5
      parts.push(
        `<text x="${nameWidth - 8}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
        `<rect x="${nameWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" class="${i === 0 ? 'first' : 'bar'}"/>`,
        `<text x="${(nameWidth + length + 8).toFixed(1)}" y="${middle}" class="figure">${escaped(text)}</text>`,
      )
      y += rowHeight
    }
  }
  return picture(title, y + 8, parts)
}

function picture(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.figure { font-variant-numeric: tabular-nums }
.bar { fill: #8c959f }
.first { fill: #0969da }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.bar { fill: #6e7681 }
.first { fill: #4493f8 }
}
</style>
${parts.join('\n')}
</svg>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
