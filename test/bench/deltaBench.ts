import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { scanRows } from '../../shared/delta/index.js'
import { optimizeTable } from '../../shared/delta/maintenance/index.js'
import { type DeltaRs, type DeltaRsRequest, startDeltaRs } from './deltaRs.js'
import { openFolder, writeLog, writeRows } from './deltaTables.js'
import { type Measure, measured, median } from './measure.js'

export interface Comparison {
  readonly operation: string
  readonly here: Measure
  readonly deltaRs: Measure
}

const rounds = 7

/**
 * The same work here and by delta-rs, turn by turn in one run, each in a process that is warm: opening a table with the
 * list of its files, from a checkpoint and from commits; putting small files together; finding the row of one key.
 *
 * @param scale share of the usual sizes, for a short look
 */
export async function deltaBench(scale = 1): Promise<readonly Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'delta-bench-'))
  const other = await startDeltaRs()
  const sized = (usual: number) => Math.max(1, Math.round(usual * scale))
  try {
    const commits = join(folder, 'commits')
    await writeLog(commits, { commits: sized(1_000), files: 100 })
    const checkpointed = join(folder, 'checkpointed')
    await cp(commits, checkpointed, { recursive: true })
    await (await openFolder(checkpointed)).writeCheckpoint()
    const small = join(folder, 'small')
    await writeRows(small, { files: sized(1_000), rows: 1_000 })
    const sorted = join(folder, 'sorted')
    await writeRows(sorted, { files: sized(2_000), rows: 1_000 })
    await (await openFolder(sorted)).writeCheckpoint()
    return [
      await compared(other, `open ${sized(1_000) * 100} files from a checkpoint`, () => open(checkpointed), [
        { work: 'open', table: checkpointed },
      ]),
      await compared(other, `open ${sized(1_000) * 100} files from ${sized(1_000)} commits`, () => open(commits), [
        { work: 'open', table: commits },
      ]),
      await comparedCompaction(other, folder, small, sized(1_000)),
      await compared(other, `find one key in ${sized(2_000)} files`, () => lookup(sorted, sized(1_234_567)), [
        { work: 'lookupPyarrow', table: sorted, key: sized(1_234_567) },
        { work: 'lookupQuery', table: sorted, key: sized(1_234_567) },
      ]),
    ]
  } finally {
    await other.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function open(folder: string): Promise<number> {
  return (await (await openFolder(folder)).snapshot())?.files.length ?? 0
}

async function lookup(folder: string, key: number): Promise<number> {
  const table = await openFolder(folder)
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return 0
  const wanted = BigInt(key)
  let found = 0
  const { batches } = scanRows(table.store, snapshot, { predicate: { op: '=', column: 'id', value: wanted } })
  for await (const {
    rows,
    columns: [ids = []],
  } of batches)
    for (let row = 0; row < rows; row++) if (ids[row] === wanted) found++
  return found
}

/** Turn by turn; where the other has several ways its fastest counts. The first round of each only warms up. */
async function compared(
  other: DeltaRs,
  operation: string,
  here: () => Promise<number>,
  there: readonly DeltaRsRequest[],
): Promise<Comparison> {
  const own: Measure[] = []
  const others = there.map((): Measure[] => [])
  for (let round = 0; round <= rounds; round++) {
    const mine = await measured(here)
    if (round > 0) own.push(mine)
    for (const [i, request] of there.entries()) {
      const theirs = await other.measure(request)
      if (theirs.result !== mine.result)
        throw new Error(`${operation}: ${mine.result} here, ${theirs.result} by delta-rs`)
      if (round > 0) others[i]?.push(theirs)
    }
  }
  const [fastest] = others.map(median).sort((a, b) => a.wallMs - b.wallMs)
  if (fastest === undefined) throw new Error('nothing to compare with')
  return { operation, here: median(own), deltaRs: fastest }
}

/** Each run gets a copy of its own. */
async function comparedCompaction(other: DeltaRs, folder: string, source: string, files: number): Promise<Comparison> {
  const own: Measure[] = []
  const others: Measure[] = []
  const copy = join(folder, 'copy')
  const onCopy = async (work: () => Promise<Measure>) => {
    await cp(source, copy, { recursive: true })
    const measure = await work()
    await rm(copy, { recursive: true })
    if (measure.result !== files) throw new Error(`compaction replaced ${measure.result} files of ${files}`)
    return measure
  }
  for (let round = 0; round <= rounds; round++) {
    const mine = await onCopy(() =>
      measured(async () => {
        const outcome = await optimizeTable(await openFolder(copy))
        return outcome.kind === 'optimized' ? outcome.metrics.numRemovedFiles : 0
      }),
    )
    const theirs = await onCopy(() => other.measure({ work: 'compact', table: copy }))
    if (round === 0) continue
    own.push(mine)
    others.push(theirs)
  }
  return { operation: `compact ${files} small files`, here: median(own), deltaRs: median(others) }
}

/** `operation | here | delta-rs | ratio`, below 1 where this project is faster. */
export function comparisonTable(comparisons: readonly Comparison[]): string {
  const ms = (measure: Measure) => `${measure.wallMs.toFixed(0)} ms (${measure.cpuMs.toFixed(0)})`.padStart(16)
  const ratio = (a: number, b: number) => (a / b).toFixed(2)
  const lines = comparisons.map(
    ({ operation, here, deltaRs }) =>
      `  ${operation.padEnd(40)} | ${ms(here)} | ${ms(deltaRs)} | ${ratio(here.wallMs, deltaRs.wallMs)} (${ratio(here.cpuMs, deltaRs.cpuMs)})\n`,
  )
  return `  ${'operation; in brackets processor time'.padEnd(40)} | ${'here'.padStart(16)} | ${'delta-rs'.padStart(16)} | ratio\n${lines.join('')}`
}
