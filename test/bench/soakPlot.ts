import { type Chart, chartSvg } from '../../shared/models/evaluation/index.js'
import type { SoakSample } from './soakVerdict.js'

/** Lines that share an axis. */
export interface SoakPanel {
  readonly title: string
  readonly unit: string
  readonly lines: readonly { readonly name: string; readonly label: string }[]
}

const colors = ['#0969da', '#cf222e', '#1a7f37', '#8250df', '#9a6700', '#57606a']
const [width, height] = [720, 440]

/** The samples as one SVG document: a panel for each group, two beside each other, over the same time. */
export function soakPlot(samples: readonly SoakSample[], panels: readonly SoakPanel[], subtitle: string): string {
  const rows = Math.ceil(panels.length / 2)
  const drawn = panels.map((panel, i) => {
    const chart = chartSvg(chartOf(samples, panel, subtitle))
    return chart.replace('<svg ', `<svg x="${(i % 2) * width}" y="${Math.floor(i / 2) * height}" `)
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${rows * height}" width="${2 * width}" height="${rows * height}">`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

function chartOf(samples: readonly SoakSample[], { title, unit, lines }: SoakPanel, subtitle: string): Chart {
  const series = lines.flatMap(({ name, label }, i) => {
    const points = samples.flatMap(({ seconds, figures }) => {
      const value = figures[name]
      return typeof value === 'number' ? [[seconds / 60, value] as const] : []
    })
    return points.length === 0 ? [] : [{ label, color: colors[i % colors.length] ?? '#000', points }]
  })
  const most = Math.max(1e-3, ...series.flatMap(({ points }) => points.map(([, value]) => value)))
  return {
    title,
    subtitle,
    x: { label: 'minutes', from: 0, to: Math.max(1, (samples.at(-1)?.seconds ?? 0) / 60) },
    y: { label: unit, from: 0, to: most * 1.1 },
    series,
  }
}
