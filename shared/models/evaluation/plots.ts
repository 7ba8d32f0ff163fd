import { type Chart, chartSvg } from './chart.js'
import { averagePrecision, precisionRecallCurve } from './precisionRecall.js'
import type { ScoredRows } from './ranking.js'

/** What a plot is of, for its title. */
export interface PlotOf {
  readonly model: string
  readonly version: string
}

const bins = 40

/** How the scores of usual rows and of anomalies are spread, as an SVG document. NaN scores are left out. */
export function scoreHistogramSvg({ model, version }: PlotOf, scored: ScoredRows, threshold: number): string {
  const { scores, anomalies } = scored
  const counts = [new Array<number>(bins).fill(0), new Array<number>(bins).fill(0)] as const
  const totals: [number, number] = [0, 0]
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    if (Number.isNaN(score)) continue
    const kind = anomalies[i] === 1 ? 1 : 0
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(score * bins)))
    counts[kind][bin] = (counts[kind][bin] ?? 0) + 1
    totals[kind]++
  }
  // Anomalies are few: each kind is shown as shares of its own.
  const share = (kind: 0 | 1) =>
    counts[kind].map((count, bin) => [bin / bins, (100 * count) / Math.max(1, totals[kind])] as const)
  const tallest = Math.max(1, ...[...share(0), ...share(1)].map(([, y]) => y))
  const chart: Chart = {
    title: `Scores of ${model}, version ${version}`,
    subtitle: `${totals[0].toLocaleString('en-US')} held-out rows and ${totals[1].toLocaleString('en-US')} injected anomalies`,
    x: { label: 'Score', from: 0, to: 1 },
    y: { label: 'Percent of the rows of its kind', from: 0, to: tallest * 1.05 },
    series: [
      { label: 'usual rows', color: '#0969da', points: share(0), barWidth: 1 / bins },
      { label: 'injected anomalies', color: '#cf222e', points: share(1), barWidth: 1 / bins },
    ],
    mark: { x: threshold, label: `threshold ${threshold.toFixed(3)}` },
  }
  return chartSvg(chart)
}

/** Points enough for a line at the plot's width. */
const mostPoints = 800

/** Precision over recall as an SVG document, with what calling rows at random would reach. */
export function precisionRecallSvg({ model, version }: PlotOf, scored: ScoredRows): string {
  const curve = precisionRecallCurve(scored)
  const every = Math.max(1, Math.ceil(curve.length / mostPoints))
  const shown = curve.filter((_, i) => i % every === 0 || i === curve.length - 1)
  const base = curve.at(-1)?.precision ?? 0
  return chartSvg({
    title: `Precision and recall of ${model}, version ${version}`,
    subtitle: `Average precision ${averagePrecision(curve).toFixed(3)}, on held-out rows with injected anomalies`,
    x: { label: 'Recall: share of the anomalies that are found', from: 0, to: 1 },
    y: { label: 'Precision: share of the found that are anomalies', from: 0, to: 1 },
    series: [
      {
        label: 'model',
        color: '#0969da',
        points: shown.map(({ recall, precision }) => [recall, precision] as const),
      },
      {
        label: 'at random',
        color: '#8c959f',
        points: [
          [0, base],
          [1, base],
        ],
      },
    ],
  })
}
