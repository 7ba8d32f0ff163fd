import type { Instrument } from './instruments.js'
import type { Attributes, Measured, Point } from './metrics.js'

/** The content type of {@link prometheusText}. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Metrics in Prometheus' text format 0.0.4, under the names that OpenTelemetry's compatibility rules give them:
 * `lake.freshness` in seconds is `lake_freshness_seconds`, counters end in `_total`.
 */
export function prometheusText(measured: readonly Measured[]): string {
  return measured.map(family).join('')
}

function family({ instrument, points }: Measured): string {
  if (points.length === 0) return ''
  const name = nameOf(instrument)
  const help = instrument.description.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  const lines = points.flatMap(point =>
    point.buckets === undefined ? [sample(name, point.attributes, point.value)] : histogram(name, instrument, point),
  )
  return `# HELP ${name} ${help}\n# TYPE ${name} ${instrument.kind}\n${lines.join('')}`
}

function histogram(name: string, { bounds = [] }: Instrument, { attributes, value, buckets = [] }: Point): string[] {
  let count = 0
  const lines = buckets.map((n, i) => {
    count += n
    return sample(`${name}_bucket`, { ...attributes, le: bounds[i] === undefined ? '+Inf' : String(bounds[i]) }, count)
  })
  return [...lines, sample(`${name}_sum`, attributes, value), sample(`${name}_count`, attributes, count)]
}

function sample(name: string, attributes: Attributes, value: number): string {
  const labels = Object.entries(attributes).map(([label, of]) => `${plainName(label)}="${escaped(String(of))}"`)
  return `${name}${labels.length === 0 ? '' : `{${labels.join(',')}}`} ${value}\n`
}

function nameOf({ name, unit, kind }: Instrument): string {
  const suffix = { s: '_seconds', By: '_bytes' }[unit] ?? ''
  return `${plainName(name)}${suffix}${kind === 'counter' ? '_total' : ''}`
}

const plainName = (name: string) => name.replace(/[^A-Za-z0-9_]/g, '_')

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
