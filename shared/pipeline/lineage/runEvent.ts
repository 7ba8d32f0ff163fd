import type { Stream, TableSpec } from '../../contract/index.js'
import type { RunRecord, StartedRun, WrittenTable } from '../../telemetry/index.js'
import { topicSchema } from './columnSources.js'
import { type DatasetName, tableDataset, topicDataset } from './datasets.js'
import {
  columnLineageFacet,
  errorFacet,
  jobTypeFacet,
  outputFacet,
  producer,
  qualityFacet,
  runEventSchema,
  schemaFacet,
  storageFacet,
  versionFacet,
} from './facets.js'
import { datasetsOf, type StepDatasets } from './stepDatasets.js'

/** Where the lake and its source are, and whose jobs these are. */
export interface LineagePlace {
  /** The namespace of the jobs. */
  readonly namespace: string
  /** The lake's root. */
  readonly lakeUrl: string
  /** `host:port`, several separated by commas. */
  readonly brokers: string
}

/** A run event of OpenLineage, as JSON has it; undefined for a step that makes no rows of others. */
export function startEvent(run: StartedRun, stream: Stream, place: LineagePlace): object | undefined {
  const datasets = datasetsOf(run.step, stream, undefined)
  if (datasets === undefined) return undefined
  return {
    ...about(run, stream, place),
    eventTime: new Date(run.startTime).toISOString(),
    eventType: 'START',
    run: { runId: run.runId, facets: {} },
    inputs: [input(datasets, stream, place, {})],
    outputs: [],
  }
}

/** The event of a run's end: COMPLETE, FAIL, or ABORT of one that a pause or another writer kept from its work. */
export function endEvent(
  run: RunRecord,
  written: WrittenTable | undefined,
  stream: Stream,
  place: LineagePlace,
): object | undefined {
  const datasets = datasetsOf(run.step, stream, written)
  if (datasets === undefined) return undefined
  const { outcome, errorCode, errorMessage } = run
  const isFailed = outcome === 'failed'
  return {
    ...about(run, stream, place),
    eventTime: new Date(run.endTime).toISOString(),
    eventType: isFailed ? 'FAIL' : outcome === 'paused' || outcome === 'conflict' ? 'ABORT' : 'COMPLETE',
    run: {
      runId: run.runId,
      facets: isFailed ? { errorMessage: errorFacet(`${errorCode ?? ''}: ${errorMessage ?? ''}`) } : {},
    },
    inputs: [input(datasets, stream, place, { rows: run.rowsIn, version: written?.source?.version })],
    outputs:
      written === undefined ? [] : outputs(datasets, stream, place, { rows: run.rowsOut, version: written.version }),
  }
}

function about({ step }: StartedRun, stream: Stream, { namespace }: LineagePlace) {
  const processing = step === 'bronze' ? 'STREAMING' : 'BATCH'
  return {
    producer,
    schemaURL: runEventSchema,
    job: { namespace, name: `${step}.${stream.name}`, facets: { jobType: jobTypeFacet(processing) } },
  }
}

interface Seen {
  readonly rows?: number | undefined
  readonly version?: number | undefined
}

function input({ source }: StepDatasets, stream: Stream, place: LineagePlace, { rows, version }: Seen): object {
  const inputFacets = rows === undefined ? {} : { dataQualityMetrics: qualityFacet(rows) }
  const facets =
    source === undefined
      ? { schema: schemaFacet(topicSchema(stream)) }
      : {
          schema: schemaFacet(source.schema),
          storage: storageFacet(),
          ...(version === undefined ? {} : { version: versionFacet(version) }),
        }
  return { ...nameOf(source, stream, place), facets, inputFacets }
}

function outputs(
  { source, target, columns }: StepDatasets,
  stream: Stream,
  place: LineagePlace,
  { rows = 0, version = 0 }: Seen,
): readonly object[] {
  if (target === undefined || columns === undefined) return []
  const facets = {
    schema: schemaFacet(target.schema),
    storage: storageFacet(),
    version: versionFacet(version),
    columnLineage: columnLineageFacet(nameOf(source, stream, place), columns),
  }
  const outputFacets = { outputStatistics: outputFacet(rows) }
  return [{ ...tableDataset(place.lakeUrl, target.path), facets, outputFacets }]
}

function nameOf(table: TableSpec | undefined, stream: Stream, { lakeUrl, brokers }: LineagePlace): DatasetName {
  return table === undefined ? topicDataset(brokers, stream.topic) : tableDataset(lakeUrl, table.path)
}
