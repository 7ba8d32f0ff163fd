/** A line of a recording: when it appears, milliseconds from the beginning, and what it is. */
export interface CastLine {
  readonly at: number
  readonly kind: 'heading' | 'command' | 'output'
  readonly text: string
}

/** How many characters a line of the terminal has, and how many lines are seen at once. */
export interface CastSize {
  readonly columns: number
  readonly rows: number
}

const [charWidth, lineHeight, margin] = [7.25, 17, 16] as const
/** The last line stays for so long before the recording begins again. */
const restMs = 4_000

/**
 * A recording of a terminal as an animated SVG. The newest line is always the lowest: all lines hang on one group, which
 * is moved up a step whenever one appears, so that the file holds each line once.
 */
export function castSvg(lines: readonly CastLine[], { columns, rows }: CastSize): string {
  const [width, height] = [Math.ceil(columns * charWidth) + 2 * margin, rows * lineHeight + 2 * margin]
  const whole = Math.max(1, (lines.at(-1)?.at ?? 0) + restMs)
  // One step for all lines of a moment: a list of times must ascend.
  const steps = lines.flatMap(({ at }, i) => ((lines[i + 1]?.at ?? Infinity) - at < 20 ? [] : [{ at, count: i + 1 }]))
  const offsets = [0, ...steps.map(({ count }) => -count * lineHeight)]
  const times = [0, ...steps.map(({ at }) => Math.min(0.999_99, Math.max(0.000_01, at / whole)))]
  const texts = lines.map(
    ({ kind, text }, i) =>
      `<text class="${kind}" y="${String(height - margin + (i + 1) * lineHeight - 4)}" x="${String(margin)}">${escaped(text)}</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="A terminal: the tour of docs/tour.md, run">
<style>rect{fill:#11161d}text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:#c9d3de}.command{fill:#7ee2a8;font-weight:600}.heading{fill:#8ab8ff;font-weight:700}</style>
<rect width="${String(width)}" height="${String(height)}" rx="8"/>
<clipPath id="screen"><path d="M0 ${String(margin)}h${String(width)}v${String(height - 2 * margin)}h-${String(width)}z"/></clipPath>
<g clip-path="url(#screen)"><g>
<animateTransform attributeName="transform" type="translate" calcMode="discrete" dur="${(whole / 1000).toFixed(2)}s" repeatCount="indefinite" keyTimes="${times.map(time => time.toFixed(5)).join(';')}" values="${offsets.map(y => `0 ${String(y)}`).join(';')}"/>
${texts.join('\n')}
</g></g>
</svg>
`
}

const escaped = (text: string) =>
  text.replace(/[&<>]/g, char => `&#${String(char.charCodeAt(0))};`).replace(/[\u0000-\u0008\u000b-\u001f]/g, '')
