import { excludedCodes, finalOutcomes, lineage, optional, type Stream } from '../../contract/index.js'
import type { StructField } from '../../types/index.js'
import { identifier, literal } from '../duckdb/index.js'

/** The relations that a quarantine is made of; undefined for a table that does not exist. */
export interface QuarantineRelations {
  readonly bronze: string
  /** The table's id: outcomes of another bronze's records say nothing. */
  readonly bronzeId: string
  readonly silver: string | undefined
  readonly outcomes: string | undefined
}

/**
 * Bronze's rejected rows that are neither in silver nor settled by an outcome; `replayed` settles only by silver. Those
 * that the contract leaves out on purpose are not among them.
 */
export function quarantineSelect({ bronze, bronzeId, silver, outcomes }: QuarantineRelations): string {
  const same = lineage.map(column => `s.${column} = b.${column}`).join(' AND ')
  const none = (relation: string, more = '') => `NOT EXISTS (SELECT 1 FROM ${relation} AS s WHERE ${same}${more})`
  const settles = ` AND s._bronze_id = ${literal(bronzeId)} AND s._outcome IN (${finalOutcomes.map(literal).join(', ')})`
  const conditions = [
    `b._error_code NOT IN (${excludedCodes.map(literal).join(', ')})`,
    ...(silver === undefined ? [] : [none(silver)]),
    ...(outcomes === undefined ? [] : [none(outcomes, settles)]),
  ]
  return `SELECT * FROM ${bronze} AS b WHERE ${conditions.join(' AND ')}`
}

/** What the view over all outcomes shows of them, by the names of a stream's table. */
const resolvedColumns: readonly (readonly [stored: string, field: StructField])[] = [
  ['_topic', optional('_topic', 'string', '')],
  ['_generation', optional('_generation', 'integer', '')],
  ['_partition', optional('_partition', 'integer', '')],
  ['_offset', optional('_offset', 'long', '')],
  ['_outcome', optional('outcome', 'string', '')],
  ['_fix', optional('fix', 'string', '')],
  ['_by', optional('resolved_by', 'string', '')],
  ['_at', optional('resolved_at', 'timestamp', '')],
  ['_why', optional('why', 'string', '')],
]

/** The columns of the view over all outcomes. */
export const resolvedFields: readonly StructField[] = [
  optional('stream', 'string', ''),
  ...resolvedColumns.map(([, field]) => field),
]

/** A stream's outcomes as the view over all of them shows them. */
export function resolvedSelect({ name }: Pick<Stream, 'name'>, relation: string): string {
  const columns = resolvedColumns.map(([stored, field]) => `${stored} AS ${identifier(field.name)}`)
  return `SELECT ${literal(name)} AS stream, ${columns.join(', ')} FROM ${relation}`
}
