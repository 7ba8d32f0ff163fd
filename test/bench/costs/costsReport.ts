import type { CostReport } from '../../../shared/pipeline/cost/index.js'
import { defaultPrices } from '../../../shared/telemetry/index.js'
import { barChart } from '../barChart.js'
import { operationMs } from './costModel.js'
import { atSize, type CurvePoint } from './curvePoint.js'
import { dollars, grouped, short } from './figureText.js'
import { listedAsOf, listedCost, listedPrices } from './listedPrices.js'

/** What all points have in common. */
export interface CurveConditions {
  readonly operationCpuMs: number
  readonly minutes: number
  readonly machine: string
}

/** Megabytes that Flex Consumption offers. */
export const instanceSizes = [512, 2048, 4096] as const

/** The curve, of small events and of large ones, as tables of Markdown and what they hold for. Pure. */
export function costsText(
  points: readonly CurvePoint[],
  large: readonly CurvePoint[],
  conditions: CurveConditions,
): string {
  const { operationCpuMs, minutes, machine } = conditions
  return [
    `\`npm run bench -- costs\` (${machine}): dollars for a million events of ${eventBytes(points).toFixed(0)} bytes (key and value), everything in it: bronze, silver, gold, monitor, catch-up, and maintenance with its compaction. List prices of ${defaultPrices.asOf}, those of \`COST_*\`.`,
    '',
    ...curveTable(points, operationCpuMs),
    '',
    `The same with events of ${grouped(Math.round(eventBytes(large)))} bytes, 24 fields:`,
    '',
    ...curveTable(large, operationCpuMs),
    '',
    `Measured: ${minutes} minutes of a clock that is moved by hand, each function as often as its default timer says, on a lake in memory; operations counted at the object store, processor time the process's, and ${operationCpuMs.toFixed(2)} ms more for each operation (the client's, with Azurite). Assumed: ${operationMs} ms an operation, one behind the other; 0.25, 1 and 2 cores by size, of which a run uses one; each function on one instance of its own; an execution is billed for 1,000 ms at least and in steps of 100 ms. The interval is the trigger's (\`subscriberIntervalInSeconds\` in host.json, and \`maxBatchSize\` as large as an interval's events): while it waits nothing executes, and nothing is billed. Not in it: network, capacity, Kafka, keys older than those minutes in silver's window.`,
    '',
    stepsTable(points, operationCpuMs),
    '',
    listedTable(points, operationCpuMs),
  ].join('\n')
}

function curveTable(points: readonly CurvePoint[], operationCpuMs: number): readonly string[] {
  return [
    '| events/s | commits every | 512 MB | 2,048 MB | 4,096 MB | a GB, 2,048 MB | a month, 2,048 MB | of it compute | maintenance | reads a million | writes | listings |',
    '|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...points.map(point => curveLine(point, operationCpuMs)),
  ]
}

function curveLine(point: CurvePoint, operationCpuMs: number): string {
  const reports = instanceSizes.map(size => feasible(() => atSize(point, size, operationCpuMs)))
  const [, usual] = reports
  const perMillion = (count: number) => grouped(Math.round((count / (point.eventsPerSecond * 30 * 86_400)) * 1e6))
  const { reads, writes, lists } = operationsOf(usual)
  const cells = [
    grouped(point.eventsPerSecond),
    `${point.intervalSeconds} s`,
    ...reports.map(report => dollars(report?.total.perMillionRows)),
    dollars(perGigabyte(point, usual)),
    dollars(usual?.total.total),
    dollars(usual?.total.compute),
    dollars(usual?.maintenance),
    perMillion(reads),
    perMillion(writes),
    perMillion(lists),
  ]
  return `| ${cells.join(' | ')} |`
}

/** By step, where it is asked most often: a thousand events a second. Pure. */
function stepsTable(points: readonly CurvePoint[], operationCpuMs: number): string {
  const chosen = points.filter(({ eventsPerSecond }) => eventsPerSecond === 1_000)
  const [shown = points[0]] = chosen
  if (shown === undefined) return ''
  const report = atSize(shown, 2048, operationCpuMs)
  return [
    `By function, a month at ${grouped(shown.eventsPerSecond)} events/s, a commit every ${shown.intervalSeconds} s, 2,048 MB; per execution:`,
    '',
    '| function | executions | CPU ms | reads | writes | listings | compute | storage |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...report.steps.map(({ step, runs, compute, storage }) => {
      const busy = shown.measured.profiles.find(profile => profile.step === step)?.busy
      const cells = [
        step,
        grouped(Math.round(runs)),
        ...[busy?.cpuMs, busy?.reads, busy?.writes, busy?.lists].map(value => short(value ?? 0)),
        dollars(compute),
        dollars(storage),
      ]
      return `| ${cells.join(' | ')} |`
    }),
  ].join('\n')
}

/** Beside what others list for the way into a table. Pure. */
function listedTable(points: readonly CurvePoint[], operationCpuMs: number): string {
  const rates = [...new Set(points.map(({ eventsPerSecond }) => eventsPerSecond))]
  const bytes = eventBytes(points)
  const ours = (of: (report: CostReport) => number, size: number, bronzeWaits = false) =>
    rates.map(rate => {
      const costs = points
        .filter(({ eventsPerSecond }) => eventsPerSecond === rate)
        .flatMap(point => feasible(() => atSize(point, size, operationCpuMs, bronzeWaits)) ?? [])
        .map(report => (of(report) / (rate * 30 * 86_400)) * 1e6)
      return `${dollars(Math.min(...costs))} to ${dollars(Math.max(...costs))}`
    })
  const bronze = (report: CostReport) => report.steps.find(({ step }) => step === 'bronze')?.total ?? 0
  const lines = [
    ['here, all of it, 2,048 MB', ...ours(({ total }) => total.total, 2048), 'silver, gold, monitor, compaction in it'],
    ['here, bronze alone, 2,048 MB', ...ours(bronze, 2048), 'exactly once, from Kafka'],
    ['here, bronze alone, 512 MB', ...ours(bronze, 512), 'the same'],
    [
      'here, bronze alone, 2,048 MB, waiting itself',
      ...ours(bronze, 2048, true),
      'with `BRONZE_MIN_COMMIT_INTERVAL`, whose wait is an execution and billed',
    ],
    ...listedPrices.map(price => [
      price.name,
      ...rates.map(rate => {
        const [least, most] = listedCost(price, rate, bytes)
        return least === most ? dollars(least) : `${dollars(least)} to ${dollars(most)}`
      }),
      price.condition,
    ]),
  ]
  return [
    `Beside what others list for the way into a table (public prices looked up ${listedAsOf}; their conditions differ, nothing is ranked), dollars a million events of ${bytes.toFixed(0)} bytes:`,
    '',
    `| | ${rates.map(rate => `${grouped(rate)}/s`).join(' | ')} | |`,
    `|---|${rates.map(() => '--:|').join('')}---|`,
    ...lines.map(cells => `| ${cells.join(' | ')} |`),
  ].join('\n')
}

/** Dollars a million events as bars, a group for each rate. Pure. */
export function costsPicture(points: readonly CurvePoint[], operationCpuMs: number): string {
  const rates = [...new Set(points.map(({ eventsPerSecond }) => eventsPerSecond))]
  return barChart(
    'Cost of a million events by rate, commit interval and instance size',
    rates.map(rate => ({
      title: `${grouped(rate)} events a second: dollars a million events (less is better)`,
      bars: points
        .filter(({ eventsPerSecond }) => eventsPerSecond === rate)
        .flatMap(point =>
          instanceSizes.flatMap(size => {
            const value = feasible(() => atSize(point, size, operationCpuMs))?.total.perMillionRows
            if (value === undefined) return []
            return [{ name: `every ${point.intervalSeconds} s, ${grouped(size)} MB`, value, text: dollars(value) }]
          }),
        ),
    })),
  )
}

/** Undefined where an instance is too small for what it would have to do. */
function feasible(report: () => CostReport): CostReport | undefined {
  try {
    return report()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Counted back from what they cost. */
function operationsOf(report: CostReport | undefined) {
  const { reads = 0, writes = 0, lists = 0 } = report?.total.parts ?? {}
  return {
    reads: (reads / defaultPrices.per10000Reads) * 1e4,
    writes: (writes / defaultPrices.per10000Writes) * 1e4,
    lists: (lists / defaultPrices.per10000Lists) * 1e4,
  }
}

/** Of events as Kafka has them, before compression. */
function perGigabyte({ measured }: CurvePoint, report: CostReport | undefined): number | undefined {
  const perMillion = report?.total.perMillionRows
  return perMillion === undefined ? undefined : (perMillion / (1e6 * measured.bytesPerEvent)) * 1e9
}

function eventBytes(points: readonly CurvePoint[]): number {
  return points[0]?.measured.bytesPerEvent ?? 0
}
