import { randomBytes, randomUUID } from 'node:crypto'

import {
  bronzePath,
  driftPath,
  resolvedPath,
  scoredPath,
  silverPath,
  type Stream,
  summaryPath,
} from '../../contract/index.js'
import { measureDrift, scoreSilver, summariseScored } from '../gold/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { recordOutcomes } from '../outcomes/index.js'
import { renewOverview } from '../overview/index.js'
import { refineSilver } from '../silver/index.js'
import { reportStep, startStep, type StepReport, type StepResult, type StepRun, type Trigger } from '../step/index.js'
import { checkpointNow, endHistory, type Ending } from './endedHistory.js'
import { eraseBronze, type ErasedRows } from './eraseBronze.js'
import { eraseDerived } from './eraseDerived.js'
import { eraseOutcomes } from './eraseOutcomes.js'
import type { Erasure } from './erasure.js'
import { ErasureKeys } from './erasureKeys.js'
import type { ErasedTable, ErasureNote, ErasureReport } from './erasureReport.js'
import { passTo } from './passedLosses.js'

/**
 * Erases keys from every layer of a stream: rows and raw bytes, rejected records and what became of them, and then all
 * older versions, whose files and logs have them too. Layer by layer from bronze on: each reads on past the erasure of
 * its source before its own rows go, so that nothing is read again afterwards. Called again after it was killed, or
 * while another is at work, it finishes what is left; what is erased is counted once.
 *
 * @param keys as texts; see `ErasureKeys`
 * @throws PipelineError BAD_KEY; ERASURE_UNFINISHED when the rows are erased and older versions are still held;
 *   CONTENDED
 */
export async function eraseKeys(
  lake: Lake,
  stream: Stream,
  keys: readonly string[],
  options: { readonly trigger?: Trigger | undefined } = {},
): Promise<ErasureReport> {
  const wanted = new ErasureKeys(stream, keys)
  const salt = randomBytes(32)
  const note = { id: randomUUID(), digests: wanted.digests(salt) }
  const { trigger = 'command' } = options
  const run = startStep(lake, { step: 'erase', stream: stream.name, trigger, rethrow: true })
  const tables = eraseEverywhere({ lake, stream, keys: wanted, run, note })
  await reportStep(lake, run, resultOf(run, note, tables))
  return { ...note, stream: stream.name, salt: salt.toString('hex'), tables: await tables }
}

async function eraseEverywhere(erasure: Erasure): Promise<readonly ErasedTable[]> {
  const erased = new Map<string, ErasedRows>()
  const endings = await eraseLayers(erasure, erased)
  const ended = await endHistory(erasure.lake, erasure.stream, endings)
  // It has examples of rejected records.
  await renewOverview(erasure.lake)
  return ended.map(table => {
    const { rows = 0, filesRewritten = 0 } = erased.get(table.path) ?? {}
    return { ...table, rows, filesRewritten }
  })
}

async function resultOf(run: StepRun, note: ErasureNote, erased: Promise<readonly ErasedTable[]>): Promise<StepResult> {
  const tables = await erased
  const sum = (of: (table: ErasedTable) => number) => tables.reduce((total, table) => total + of(table), 0)
  return {
    rowsIn: sum(({ rows }) => rows),
    rowsOut: 0,
    version: run.done.version,
    detail: {
      erasure: note.id,
      digests: note.digests.join(' '),
      filesRewritten: sum(table => table.filesRewritten),
      filesDeleted: sum(table => table.filesDeleted),
      bytesDeleted: sum(table => table.bytesDeleted),
    },
  }
}

/** @returns the checkpoints that replace what came before */
async function eraseLayers(erasure: Erasure, erased: Map<string, ErasedRows>): Promise<readonly Ending[]> {
  const { lake, stream } = erasure
  const endings: Ending[] = []
  const done = async (path: string, rows: ErasedRows | undefined) => {
    if (rows !== undefined) erased.set(path, rows)
    const ending = await checkpointNow(lake, path)
    if (ending !== undefined) endings.push(ending)
    return ending?.checkpoint
  }
  const [bronze, silver, scored] = [bronzePath(stream), silverPath(stream), scoredPath(stream)]
  const atBronze = await done(bronze, await eraseBronze(erasure))
  if (await exists(lake, silver)) {
    await follow(() => refineSilver(lake, stream, { trigger: 'command' }))
    if (atBronze !== undefined)
      await passTo(lake, { path: silver, source: bronze, rebuiltBy: 'lake rebuild silver' }, atBronze)
  }
  await recordOutcomes(lake, stream)
  const atSilver = await done(silver, await eraseDerived(erasure, { path: silver, layer: 'silver', isSummed: false }))
  await done(resolvedPath(stream), await eraseOutcomes(erasure))
  if (!(await exists(lake, scored)) || atSilver === undefined) return endings
  const gold = { rebuiltBy: 'lake rebuild gold' }
  await follow(() => scoreSilver(lake, stream, { trigger: 'command' }))
  await passTo(lake, { path: scored, source: silver, ...gold }, atSilver)
  const atScored = await done(scored, await eraseDerived(erasure, { path: scored, layer: 'gold', isSummed: true }))
  if (atScored === undefined) return endings
  const [summary, drift] = [summaryPath(stream), driftPath(stream)]
  if (await exists(lake, summary)) await follow(() => summariseScored(lake, stream, { trigger: 'command' }))
  if (await exists(lake, drift)) {
    await follow(async () => {
      const [report] = await measureDrift(lake, stream, { trigger: 'command' })
      return report
    })
  }
  for (const path of [summary, drift]) {
    if (!(await exists(lake, path))) continue
    await passTo(lake, { path, source: scored, ...gold }, atScored)
    await done(path, undefined)
  }
  return endings
}

const exists = async (lake: Lake, path: string) => (await lake.table(path).state({ fresh: true })) !== undefined

/**
 * Lets a table read its source to the end.
 * @throws PipelineError ERASURE_UNFINISHED when it cannot
 */
async function follow(step: () => Promise<StepReport | undefined>): Promise<void> {
  for (;;) {
    const report = await step()
    if (report?.outcome === 'failed') {
      throw new PipelineError(
        'ERASURE_UNFINISHED',
        `${report.step} has to read on before its rows are erased, and cannot: ${report.error?.message ?? ''}. Run the erasure again once it can.`,
        { retryable: report.error?.retryable === true },
      )
    }
    if (report?.more !== true) return
  }
}
