import { messagingAttributes, type MessagingPlaces } from '../metrics/index.js'
import { offsetsText } from '../runLine.js'
import type { WrittenTable } from '../runListener.js'
import type { RunRecord } from '../runRecord.js'
import { contextOfRun } from '../traceContext.js'
import type { Span } from './otlpJson.js'

/** A run as a span; undefined when its id is none. */
export function runSpan(run: RunRecord, written: WrittenTable | undefined, places: MessagingPlaces): Span | undefined {
  const context = contextOfRun(run.runId)
  if (context === undefined) return undefined
  const { step, stream, trigger, startTime, endTime, errorCode, errorMessage } = run
  const place = step === 'bronze' ? places.get(stream ?? '') : undefined
  return {
    context,
    name: place === undefined ? [step, stream].filter(Boolean).join(' ') : `process ${place.topic}`,
    kind: place === undefined ? 'internal' : 'consumer',
    startTime,
    endTime,
    attributes: {
      'lake.step': step,
      'lake.stream': stream,
      'lake.trigger': trigger,
      'lake.outcome': run.outcome,
      'lake.table': written?.table,
      'lake.table.version': written?.version ?? run.version,
      'lake.source': written?.source?.table,
      'lake.source.version': written?.source?.version,
      'lake.offsets': written === undefined || written.ranges.length === 0 ? undefined : offsetsText(written.ranges),
      'lake.rows.in': run.rowsIn,
      'lake.rows.out': run.rowsOut,
      'lake.run.id': run.runId,
      ...(place === undefined ? {} : messagingAttributes(run, place)),
      ...(place === undefined
        ? {}
        : {
            'messaging.operation.name': 'process',
            'messaging.operation.type': 'process',
            'messaging.batch.message_count': run.rowsIn,
          }),
      'error.type': errorCode,
    },
    links: written?.links ?? [],
    error: run.outcome === 'failed' ? (errorMessage ?? errorCode ?? 'failed') : undefined,
  }
}
