import {
  bronzeTable,
  scoreQuantiles,
  type Stream,
  summaryGroup,
  summaryGroupName,
  summaryMeasures,
  summaryNumbers,
} from '../../contract/index.js'
import type { StructField, StructType } from '../../types/index.js'

/** How a column comes of another, in OpenLineage's words. */
export interface ColumnSource {
  /** The column of the source. */
  readonly field: string
  readonly type: 'DIRECT' | 'INDIRECT'
  readonly subtype: 'IDENTITY' | 'TRANSFORMATION' | 'AGGREGATION' | 'FILTER' | 'GROUP_BY'
  readonly description: string
}

/** What the columns of a table come of, and what decides which rows it has. */
export interface ColumnSources {
  readonly fields: Readonly<Record<string, readonly ColumnSource[]>>
  readonly rows: readonly ColumnSource[]
}

/** What of a record bronze keeps as it is, by bronze's names: no field of a contract begins with an underscore. */
const recordParts = ['_topic', '_partition', '_offset', '_timestamp', '_key', '_value', '_headers']
const rejection = ['_error_code', '_error_path', '_error_message']

const same = (field: string): ColumnSource => ({ field, type: 'DIRECT', subtype: 'IDENTITY', description: '' })
const made = (field: string, description: string): ColumnSource => ({
  field,
  type: 'DIRECT',
  subtype: 'TRANSFORMATION',
  description,
})
const summed = (field: string): ColumnSource => ({ field, type: 'DIRECT', subtype: 'AGGREGATION', description: '' })
const filter = (field: string, description: string): ColumnSource => ({
  field,
  type: 'INDIRECT',
  subtype: 'FILTER',
  description,
})
const grouped = (field: string): ColumnSource => ({ field, type: 'INDIRECT', subtype: 'GROUP_BY', description: '' })

/** A topic as a table: the fields of its records that the contract knows, and what Kafka says of them. */
export function topicSchema(stream: Stream): StructType {
  const parts = bronzeTable(stream).schema.fields.filter(({ name }) => recordParts.includes(name))
  return { type: 'struct', fields: [...stream.columns, ...parts] }
}

/** Bronze's columns, of the topic's. */
export function bronzeSources({ columns }: Stream): ColumnSources {
  return {
    fields: byName([
      ...recordParts.map(name => [name, [same(name)]] as const),
      ...columns.map(({ name }) => [name, [made(name, 'Read by the contract.')]] as const),
      ...rejection.map(name => [name, [made('_value', "The contract's verdict.")]] as const),
    ]),
    rows: [],
  }
}

/** Silver's columns, of bronze's. */
export function silverSources(stream: Stream, target: StructType): ColumnSources {
  const { key, eventTime } = stream
  const late = 'Whether one is later than the other allows.'
  return {
    fields: {
      ...sameNames(bronzeTable(stream).schema, target),
      _late: [made('_timestamp', late), made(eventTime, late)],
      _event_date: [made(eventTime, 'Its day.')],
    },
    rows: [filter('_error_code', 'Rejected records are left out.'), filter(key, 'Duplicates are left out.')],
  }
}

/** The scored table's columns, of silver's. */
export function scoredSources(stream: Stream, source: StructType, target: StructType): ColumnSources {
  const scored = modelColumns(stream).map(name => made(name, 'Scored by the model.'))
  return {
    fields: {
      ...sameNames(source, target),
      ...(scored.length === 0 ? {} : { score: scored, is_anomaly: scored }),
    },
    rows: [],
  }
}

/** The summary's columns, of the scored table's. */
export function summarySources(stream: Stream): ColumnSources {
  const { key, eventTime } = stream
  const [group, groupName] = [summaryGroup(stream), summaryGroupName(stream)]
  const window = made(eventTime, 'Its window.')
  return {
    fields: byName([
      ...['window_start', 'window_end', '_window_date'].map(name => [name, [window]] as const),
      ['events', [summed(key)]],
      ['late', [summed('_late')]],
      ['scored', [summed('score')]],
      ['anomalies', [summed('is_anomaly')]],
      ['waiting', [summed(key)]],
      ['newest_ingested_at', [summed('_ingested_at')]],
      ...scoreQuantiles.map(measure => [`score_${measure}`, [summed('score')]] as const),
      ...summaryNumbers(stream).flatMap(({ name }) =>
        summaryMeasures.map(measure => [`${name}_${measure}`, [summed(name)]] as const),
      ),
      ...(group === undefined || groupName === undefined ? [] : [[groupName, [same(group.name)]] as const]),
    ]),
    rows: [grouped(eventTime), ...(group === undefined ? [] : [grouped(group.name)])],
  }
}

/** The drift table's columns, of the scored table's. */
export function driftSources(stream: Stream): ColumnSources {
  const { eventTime } = stream
  const compared = [...modelColumns(stream), 'score'].map(summed)
  const measures = ['n', 'psi', 'psi_limit', 'ks', 'ks_p', 'js', 'breached']
  return {
    fields: byName([
      ...['window_start', 'window_end', '_window_date'].map(name => [name, [made(eventTime, 'Its day.')]] as const),
      ...['model_name', 'model_version'].map(name => [name, [same(name)]] as const),
      ...measures.map(name => [name, compared] as const),
    ]),
    rows: [eventTime, 'model_name', 'model_version'].map(grouped),
  }
}

function modelColumns({ model }: Stream): readonly string[] {
  return [...new Set((model?.features ?? []).map(({ column }) => column))]
}

/** Columns of both tables: those of the target are the source's, as they were. */
function sameNames(source: StructType, target: StructType): ColumnSources['fields'] {
  const known = new Set(source.fields.map(({ name }: StructField) => name))
  return byName(target.fields.flatMap(({ name }) => (known.has(name) ? [[name, [same(name)]] as const] : [])))
}

/** Names of columns are data: one may be that of a property that every object has. */
function byName(entries: readonly (readonly [string, readonly ColumnSource[]])[]): ColumnSources['fields'] {
  return Object.fromEntries(entries)
}
