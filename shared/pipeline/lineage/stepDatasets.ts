import {
  bronzeTable,
  driftTable,
  scoredTable,
  silverTable,
  sqlName,
  type Stream,
  summaryTable,
  type TableSpec,
} from '../../contract/index.js'
import type { WrittenTable } from '../../telemetry/index.js'

/** What a run of a step makes of what. */
export interface StepDatasets {
  /** Undefined for the stream's topic. */
  readonly source: TableSpec | undefined
  /** Undefined where the run wrote none, or it is not known yet. */
  readonly target: TableSpec | undefined
  /** Whether columns of the target are the source's, as they were. */
  readonly keepsColumns: boolean
}

/**
 * The tables of a run, by its step and by what it has written; undefined for steps that make no rows of others (the
 * monitor, maintenance, training, erasure).
 */
export function datasetsOf(step: string, stream: Stream, written: WrittenTable | undefined): StepDatasets | undefined {
  const wrote = (spec: TableSpec) => (written?.table === sqlName(spec.path) ? spec : undefined)
  const bronze = bronzeTable(stream)
  const silver = silverTable(stream)
  if (step === 'bronze') return { source: undefined, target: wrote(bronze), keepsColumns: false }
  if (step === 'silver' || step === 'replay') return { source: bronze, target: wrote(silver), keepsColumns: true }
  if (step !== 'gold') return undefined
  const scored = scoredTable(stream)
  const target = wrote(summaryTable(stream)) ?? wrote(driftTable(stream))
  if (target !== undefined) return { source: scored, target, keepsColumns: false }
  return { source: silver, target: wrote(scored), keepsColumns: true }
}
