import { sqlName, type Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import { reportStep, startStep, type StepReport, type StepRun, type StepStart, type Trigger } from '../step/index.js'
import type { Derivation } from './derivation.js'
import { rebuildTable, refresh } from './refresh.js'

/** Which step of which stream makes a derived table. */
export interface DerivedStep {
  readonly step: StepStart['step']
  readonly stream: Stream
  /** The table's. */
  readonly path: string
  /** A timer refreshes and a command rebuilds, when absent. */
  readonly trigger?: Trigger | undefined
}

/**
 * {@link refresh} as a run of its step. Never throws: what goes wrong is in the report, also what `derivationOf` throws.
 *
 * ```ts
 * const about = { step: 'silver', stream, path: silverPath(stream) } as const
 * const report = await refreshStep(lake, about, () => silverDerivation(lake, stream, {}))
 * ```
 */
export function refreshStep(lake: Lake, about: DerivedStep, derivationOf: () => Derivation): Promise<StepReport> {
  const run = startDerived(lake, about, 'timer')
  return reportStep(lake, run, refreshed(lake, run, derivationOf))
}

/** {@link rebuildTable} as a run of its step. Never throws, as {@link refreshStep}. */
export function rebuildStep(lake: Lake, about: DerivedStep, derivationOf: () => Derivation): Promise<StepReport> {
  const run = startDerived(lake, about, 'command')
  return reportStep(lake, run, rebuilt(lake, run, derivationOf))
}

function startDerived(lake: Lake, { step, stream, path, trigger }: DerivedStep, usual: Trigger): StepRun {
  return startStep(lake, { step, stream: stream.name, table: sqlName(path), trigger: trigger ?? usual })
}

// Asynchronous, so that what `derivationOf` throws is the run's failure.
const refreshed = async (lake: Lake, run: StepRun, derivationOf: () => Derivation) => refresh(lake, run, derivationOf())
const rebuilt = async (lake: Lake, run: StepRun, derivationOf: () => Derivation) =>
  rebuildTable(lake, run, derivationOf())
