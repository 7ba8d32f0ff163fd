import {
  bronzePath,
  excludedCodes,
  scoredPath,
  silverPath,
  type Stream,
  summaryCounts,
  summaryPath,
} from '../../contract/index.js'
import { identifier, literal } from '../../query/index.js'
import type { StructType } from '../../types/index.js'
import { isLate } from '../silver/index.js'
import { type Aggregate, committedAt } from './measure.js'
import { waitingAggregate } from './observeQuarantine.js'
import type { Layer } from './reconciliation.js'

/** The folder of a layer's table. */
export function layerPath(stream: Stream, layer: Layer): string {
  return { bronze: bronzePath, silver: silverPath, gold: scoredPath, summary: summaryPath }[layer](stream)
}

/**
 * Which columns are read and what is counted; of bronze never the values, which are most of its bytes.
 *
 * @param schema the table's own: one that an earlier version wrote last has no timestamp of Kafka's behind bronze
 */
export function layerAggregate(stream: Stream, layer: Layer, schema: StructType, staleMs: number): Aggregate {
  const event = identifier(stream.eventTime)
  const age = (from: string) => `epoch_us(${from}) - epoch_us(${event})`
  const valid = `${event} IS NOT NULL`
  const ages = `(quantile_cont((${committedAt} - epoch_us(${event})) / 1e6, [0.5, 0.95, 0.99]) FILTER (${valid}))`
  const hasTimestamp = schema.fields.some(({ name }) => name === '_timestamp')
  const timestamp = hasTimestamp ? ['_timestamp'] : []
  const waits = `(quantile_cont((${committedAt} - epoch_us(_timestamp)) / 1e6, [0.5, 0.99]))`
  const common = [
    'count(*) AS "rows"',
    `max(epoch_us(${event})) AS newest`,
    `count(*) FILTER (${age('_ingested_at')} > ${staleMs * 1000}) AS stale`,
    // Asked for together, DuckDB has the ages of all rows in memory once.
    ...[50, 95, 99].map((percent, i) => `${ages}[${i + 1}] AS p${percent}`),
    ...(hasTimestamp ? [50, 99].map((percent, i) => `${waits}[${i + 1}] AS kafka_p${percent}`) : []),
  ]
  switch (layer) {
    case 'bronze':
      return {
        columns: [...timestamp, '_ingested_at', '_error_code', stream.eventTime],
        select: [
          ...common,
          `count(*) FILTER (${valid}) AS valid`,
          `count(*) FILTER (_error_code NOT IN (${excludedCodes.map(literal).join(', ')})) AS quarantined`,
          ...waitingAggregate,
          `count(*) FILTER (_error_code = 'EXPECTATION_DROPPED') AS dropped`,
          `count(*) FILTER (_error_code = 'FILTERED') AS filtered`,
          `count(*) FILTER (_error_code = 'ERASED') AS erased`,
          `count(*) FILTER (_error_code IS NULL AND NOT (${valid})) AS tombstones`,
          `count(*) FILTER (${isLate(stream)}) AS late`,
        ].join(', '),
      }
    case 'silver':
      return {
        columns: [...timestamp, '_ingested_at', '_late', stream.eventTime],
        select: [...common, 'count(*) FILTER (_late) AS late'].join(', '),
      }
    case 'gold':
      return {
        columns: [...timestamp, '_ingested_at', '_late', 'is_anomaly', stream.eventTime],
        select: [...common, 'count(*) FILTER (_late) AS late', 'count(*) FILTER (is_anomaly) AS anomalies'].join(', '),
      }
    case 'summary': {
      // Of a table that an older version made, no events wait.
      const counts = summaryCounts.filter(name => schema.fields.some(field => field.name === name))
      const events = counts.map(name => `coalesce(sum(${name}), 0)`).join(' + ')
      return {
        columns: [...counts, 'newest_ingested_at'],
        select: `count(*) AS "rows", ${events} AS events, max(epoch_us(newest_ingested_at)) AS newest`,
      }
    }
  }
}
