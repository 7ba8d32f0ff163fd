import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { DeltaRs, DeltaRsRequest } from './deltaRs.js'
import { type Measure, measured, median } from './measure.js'

/** One operation by both; where a side has several ways its fastest counts, and `ways` says which these were. */
export interface Comparison {
  readonly operation: string
  readonly here: Measure
  readonly deltaRs: Measure
  readonly ways?: string | undefined
}

/** A way to do the work here, and what delta-rs is asked for. */
export interface Ways {
  readonly here: Readonly<Record<string, () => Promise<number>>>
  readonly there: readonly DeltaRsRequest[]
}

const rounds = 7

/** Turn by turn. The first round of each only warms up. */
export async function compared(other: DeltaRs, operation: string, { here, there }: Ways): Promise<Comparison> {
  const own = Object.keys(here).map((): Measure[] => [])
  const others = there.map((): Measure[] => [])
  for (let round = 0; round <= rounds; round++) {
    let result: number | undefined
    const take = (measures: Measure[] | undefined, measure: Measure) => {
      result ??= measure.result
      if (measure.result !== result) throw new Error(`${operation}: ${result} here, and ${measure.result}`)
      if (round > 0) measures?.push(measure)
    }
    for (const [i, work] of Object.values(here).entries()) take(own[i], await measured(work))
    for (const [i, request] of there.entries()) take(others[i], await other.measure(request))
  }
  return comparison(
    operation,
    Object.keys(here).map((name, i) => ({ name, measures: own[i] ?? [] })),
    there.map(({ work }, i) => ({ name: work, measures: others[i] ?? [] })),
  )
}

/** An operation that changes a table, of which each run gets a copy of its own. */
export interface Changing {
  readonly operation: string
  /** Of its tables. */
  readonly folder: string
  /** Makes the folder, which is not there. */
  readonly copy: (folder: string) => Promise<void>
  readonly here: (folder: string) => Promise<number>
  readonly there: (folder: string) => readonly DeltaRsRequest[]
  /** What the changed table holds, equal for both sides. */
  readonly check: (folder: string) => Promise<string>
}

/** As {@link compared}; what both have made of the table has to be the same. */
export async function comparedChanges(
  other: DeltaRs,
  { operation, folder, copy, here, there, check }: Changing,
): Promise<Comparison> {
  const place = join(folder, 'copy')
  const own: Measure[] = []
  const others = there(place).map((): Measure[] => [])
  const onCopy = async (work: () => Promise<Measure>, known?: string): Promise<[Measure, string]> => {
    await copy(place)
    const measure = await work()
    const made = `${measure.result}; ${await check(place)}`
    await rm(place, { recursive: true })
    if (known !== undefined && made !== known) throw new Error(`${operation}: ${known} here, ${made} by delta-rs`)
    return [measure, made]
  }
  for (let round = 0; round <= rounds; round++) {
    const [mine, made] = await onCopy(() => measured(() => here(place)))
    if (round > 0) own.push(mine)
    for (const [i, request] of there(place).entries()) {
      const [theirs] = await onCopy(() => other.measure(request), made)
      if (round > 0) others[i]?.push(theirs)
    }
  }
  return comparison(
    operation,
    [{ name: 'here', measures: own }],
    there(place).map(({ work }, i) => ({ name: work, measures: others[i] ?? [] })),
  )
}

interface Way {
  readonly name: string
  readonly measures: readonly Measure[]
}

function comparison(operation: string, own: readonly Way[], others: readonly Way[]): Comparison {
  const [mine, theirs] = [byWall(own), byWall(others)]
  const [here, deltaRs] = [mine[0], theirs[0]]
  if (here === undefined || deltaRs === undefined) throw new Error('nothing to compare with')
  const text = (ways: typeof mine) => ways.map(({ name, of }) => `${name} ${timesText(of)}`).join(', ')
  const several = mine.length > 1 || theirs.length > 1
  return {
    operation,
    here: here.of,
    deltaRs: deltaRs.of,
    ways: several ? `${text(mine)}; delta-rs: ${text(theirs)}` : undefined,
  }
}

function byWall(ways: readonly Way[]) {
  return ways.map(({ name, measures }) => ({ name, of: median(measures) })).sort((a, b) => a.of.wallMs - b.of.wallMs)
}

function timesText({ wallMs, cpuMs }: Measure): string {
  return `${wallMs.toFixed(0)} ms (${cpuMs.toFixed(0)})`
}

/** `operation | here | delta-rs | ratio`, below 1 where this project is faster. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const ratio = (a: number, b: number) => (a / b).toFixed(2)
  const lines = comparisons.map(
    ({ operation, here, deltaRs, ways }) =>
      `  ${operation.padEnd(46)} | ${timesText(here).padStart(18)} | ${timesText(deltaRs).padStart(18)} | ${ratio(here.wallMs, deltaRs.wallMs)} (${ratio(here.cpuMs, deltaRs.cpuMs)})\n` +
      (ways === undefined ? '' : `    ${ways}\n`),
  )
  return `  ${'operation; in brackets processor time'.padEnd(46)} | ${'here'.padStart(18)} | ${'delta-rs'.padStart(18)} | ratio\n${lines.join('')}`
}
