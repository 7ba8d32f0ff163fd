import type { CostReport } from '../../../shared/pipeline/cost/index.js'
import type { MeasuredCase } from './costProfiles.js'
import { atSize } from './curvePoint.js'
import { dollars, grouped, short } from './figureText.js'

/** What was measured with so many events in all tables before. */
export interface GrownPoint {
  readonly eventsBefore: number
  readonly measured: MeasuredCase
}

/** What all points have in common. */
export interface GrowthConditions {
  readonly eventsPerSecond: number
  readonly intervalSeconds: number
  readonly minutes: number
  readonly operationCpuMs: number
  readonly machine: string
}

const instanceMemoryMb = 2048
const billion = 1e9

/** What a million events cost by the events that are there already, and what each function takes, as Markdown. Pure. */
export function growthText(points: readonly GrownPoint[], conditions: GrowthConditions): string {
  const { eventsPerSecond, intervalSeconds, minutes, operationCpuMs, machine } = conditions
  const reports = points.map(({ measured }) =>
    atSize({ eventsPerSecond, intervalSeconds, measured }, instanceMemoryMb, operationCpuMs),
  )
  const steps = points[0]?.measured.profiles.map(({ step }) => step) ?? []
  const figure = (step: string, of: 'cpuMs' | 'reads' | 'writes') =>
    points.map(({ measured }) => measured.profiles.find(profile => profile.step === step)?.busy[of] ?? 0)
  const dear = (step: string) => reports.map(report => perMillion(report, step))
  return [
    `\`npm run bench -- growth\` (${machine}): ${minutes} minutes of ${grouped(eventsPerSecond)} events a second, random keys, a commit every ${intervalSeconds} s, on top of so many events that went through every function before; a clock moved by hand, a lake in memory, prices and sizes as in the curve below (${grouped(instanceMemoryMb)} MB). Means of an execution, and dollars a million events:`,
    '',
    `| | ${points.map(({ eventsBefore }) => `${grouped(eventsBefore)} before`).join(' | ')} | 10⁹, by arithmetic |`,
    `|---|${'--:|'.repeat(points.length + 1)}`,
    ...steps.flatMap(step => [
      row(`${step}, CPU ms`, figure(step, 'cpuMs'), points, short),
      row(`${step}, reads`, figure(step, 'reads'), points, short),
      row(`${step}, writes`, figure(step, 'writes'), points, short),
    ]),
    ...steps.map(step => row(`${step}, dollars a million`, dear(step), points, dollars)),
    row(
      '**all, dollars a million**',
      reports.map(({ total }) => total.perMillionRows ?? NaN),
      points,
      dollars,
    ),
    '',
    `The arithmetic: what the last tenfold added is added once more for each tenfold after it, and nothing is taken off where it was less. A billion events are ${(billion / eventsPerSecond / 86_400).toFixed(1)} days at this rate; silver looks for duplicates in those of \`dedupeWithin\` alone, a day of them here.`,
  ].join('\n')
}

function row(
  name: string,
  values: readonly number[],
  points: readonly GrownPoint[],
  text: (value: number) => string,
): string {
  const far = atBillion(values, points)
  return `| ${[name, ...values.map(text), Number.isNaN(far) ? '' : text(far)].join(' | ')} |`
}

/**
 * What the last tenfold added, for each tenfold up to 10⁹. Pure.
 *
 * @param values one for each point, in their order
 */
export function atBillion(values: readonly number[], points: readonly Pick<GrownPoint, 'eventsBefore'>[]): number {
  const [before, last] = [values.at(-2), values.at(-1)]
  const [size, most] = [points.at(-2)?.eventsBefore, points.at(-1)?.eventsBefore]
  if (before === undefined || last === undefined || size === undefined || most === undefined) return NaN
  const added = Math.max(0, last - before) / Math.log10(most / size)
  return last + added * Math.log10(billion / most)
}

function perMillion(report: CostReport, step: string): number {
  const cost = report.steps.find(found => found.step === step)
  return ((cost?.total ?? 0) / report.total.rowsOut) * 1e6
}
