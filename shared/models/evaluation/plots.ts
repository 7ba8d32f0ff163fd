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
  const [from, to] = rangeOf(scores)
  const width = (to - from) / bins
  const counts = [new Array<number>(bins).fill(0), new Array<number>(bins).fill(0)] as const
  const totals: [number, number] = [0, 0]
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    if (Number.isNaN(score)) continue
    const kind = anomalies[i] === 1 ? 1 : 0
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((score - from) / width)))
    counts[kind][bin] = (counts[kind][bin] ?? 0) + 1
    totals[kind]++
  }
  // Anomalies are few: each kind is shown as shares of its own.
  const share = (kind: 0 | 1) =>
    counts[kind].map((count, bin) => [from + bin * width, (100 * count) / Math.max(1, totals[kind])] as const)
  const tallest = Math.max(1, ...[...share(0), ...share(1)].map(([, y]) => y))
  const chart: Chart = {
    title: `Scores of ${model}, version ${version}`,
    subtitle: `${totals[0].toLocaleString('en-US')} held-out rows and ${totals[1].toLocaleString('en-US')} injected anomalies`,
    x: { label: 'Score', from, to },
    y: { label: 'Percent of the rows of its kind', from: 0, to: tallest * 1.05 },
    series: [
      { label: 'usual rows', color: '#0969da', points: share(0), barWidth: width },
      { label: 'injected anomalies', color: '#cf222e', points: share(1), barWidth: width },
    ],
    mark: { x: threshold, label: `threshold ${threshold.toFixed(3)}` },
  }
  return chartSvg(chart)
}

/** Twentieths around the scores, within which bins are narrow enough to see. */
function rangeOf(scores: ArrayLike<number>): readonly [from: number, to: number] {
  let [least, greatest] = [1, 0]
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    if (score < least) least = score
    if (score > greatest) greatest = score
  }
  const [from, to] = [Math.floor(least * 20) / 20, Math.ceil(greatest * 20) / 20]
  return to > from ? [from, to] : [0, 1]
}

/** Between two points of a line, in recall: less than the plot shows. */
const smallestStep = 1 / 400

/** Precision over recall as an SVG document, with what calling rows at random would reach. */
export function precisionRecallSvg({ model, version }: PlotOf, scored: ScoredRows): string {
  const curve = precisionRecallCurve(scored)
  let last = -1
  const shown = curve.filter(({ recall }, i) => {
    if (recall - last < smallestStep && i < curve.length - 1) return false
    last = recall
    return true
  })
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
