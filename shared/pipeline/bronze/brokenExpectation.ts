import type { Stream } from '../../contract/index.js'
import { PipelineError } from '../lake/index.js'
import { type Coverage, splitCoverage } from './coverage.js'
import type { ReconciledDelivery } from './reconcileDelivery.js'
import { type Ingestion, validateRecord } from './validateRecord.js'

/** What may be committed of a coverage, and why the rest may not. */
export interface PassableCoverage {
  /** Up to the first record that may not be passed; undefined when that is its first. */
  readonly coverage: Coverage | undefined
  readonly failure: PipelineError | undefined
}

/**
 * Cuts a coverage off before the first record that an expectation with the action `fail` does not let pass. Its
 * partition goes no further, whoever reads the record again, until the contract lets it pass.
 */
export function passableCoverage(stream: Stream, coverage: Coverage, ingestion: Ingestion): PassableCoverage {
  for (const [at, whole] of coverage.records.entries()) {
    const { outcome } = validateRecord(stream, whole, ingestion)
    if (outcome?.valid !== false || outcome.stops !== true) continue
    const { path, message } = outcome.rejection
    const failure = broken(stream, coverage.partition, whole.offset, `${JSON.stringify(path)}: ${message}`)
    const [before] = at === 0 ? [] : splitCoverage(coverage, { rows: at, bytes: Infinity })
    return { coverage: before, failure }
  }
  return { coverage, failure: undefined }
}

/** The same of every partition of a delivery; those that end there fail. */
export function passableDelivery(
  stream: Stream,
  reconciled: ReconciledDelivery,
  ingestion: Ingestion,
): ReconciledDelivery {
  const failures = new Map(reconciled.failures)
  const coverages = reconciled.coverages.flatMap(whole => {
    const { coverage, failure } = passableCoverage(stream, whole, ingestion)
    if (failure !== undefined) failures.set(whole.partition, failure)
    return coverage ?? []
  })
  return { ...reconciled, coverages, failures }
}

function broken({ name, topic }: Stream, partition: number, offset: bigint, what: string): PipelineError {
  return new PipelineError(
    'EXPECTATION_BROKEN',
    `An expectation of stream ${name} that must hold does not, of the record at offset ${offset} of topic ${topic}, partition ${partition}: ${what}. ` +
      `The partition stops there and other partitions go on. Give the expectation another action, or change it, and the partition goes on from there.`,
    { data: { stream: name, partition, offset } },
  )
}
