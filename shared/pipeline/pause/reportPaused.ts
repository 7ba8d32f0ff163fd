import { asError } from '../../errors.js'
import type { Lake } from '../lake/index.js'
import { reportStep, startStep, type StepReport, type StepStart } from '../step/index.js'
import { pauseText, readPause } from './streamPause.js'

/** Which step of which stream is about to run. */
type StreamStep = StepStart & { readonly stream: string }

/**
 * The report of a step whose stream is paused: it does nothing but say so. To be asked before the step begins.
 *
 * @returns undefined when the stream is not paused; a failed report when that cannot be known
 * @throws what kept it from being known, where the step's start says so
 */
export async function reportPaused(lake: Lake, start: StreamStep): Promise<StepReport | undefined> {
  const found = await readPause(lake.store, { name: start.stream }).catch(asError)
  if (found === undefined) return undefined
  const run = startStep(lake, start)
  if (found instanceof Error) return reportStep(lake, run, Promise.reject(found))
  const nothing = { rowsIn: 0, rowsOut: 0, version: undefined, detail: {} }
  return reportStep(lake, run, Promise.resolve({ ...nothing, paused: pauseText(found) }))
}
