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
import {
  bronzeSources,
  type ColumnSources,
  driftSources,
  scoredSources,
  silverSources,
  summarySources,
} from './columnSources.js'

/** What a run of a step makes of what. */
export interface StepDatasets {
  /** Undefined for the stream's topic. */
  readonly source: TableSpec | undefined
  /** Undefined where the run wrote none, or it is not known yet. */
  readonly target: TableSpec | undefined
  /** What the target's columns come of in the source; undefined where there is no target. */
  readonly columns: ColumnSources | undefined
}

/**
 * The tables of a run, by its step and by what it has written; undefined for steps that make no rows of others (the
 * monitor, maintenance, training, erasure).
 */
export function datasetsOf(step: string, stream: Stream, written: WrittenTable | undefined): StepDatasets | undefined {
  const wrote = (spec: TableSpec) => written?.table === sqlName(spec.path)
  const bronze = bronzeTable(stream)
  const silver = silverTable(stream)
  const scored = scoredTable(stream)
  const made = (source: TableSpec | undefined, target: TableSpec, columns: () => ColumnSources): StepDatasets =>
    wrote(target) ? { source, target, columns: columns() } : { source, target: undefined, columns: undefined }
  if (step === 'bronze') return made(undefined, bronze, () => bronzeSources(stream))
  if (step === 'silver' || step === 'replay') return made(bronze, silver, () => silverSources(stream, silver.schema))
  if (step !== 'gold') return undefined
  const [summary, drift] = [summaryTable(stream), driftTable(stream)]
  if (wrote(summary)) return made(scored, summary, () => summarySources(stream))
  if (wrote(drift)) return made(scored, drift, () => driftSources(stream))
  return made(silver, scored, () => scoredSources(stream, silver.schema, scored.schema))
}
