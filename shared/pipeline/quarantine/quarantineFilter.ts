import { excludedCodes } from '../../contract/index.js'
import { type Predicate } from '../../delta/index.js'
import { literal } from '../../query/index.js'

/** Which quarantined records are meant; what is left out does not matter. */
export interface QuarantineFilter {
  /** `_error_code`. */
  readonly reason?: string | undefined
  /** `_error_path`: the field, or one inside it; an expectation's name. */
  readonly field?: string | undefined
  readonly partition?: number | undefined
  /** Both ends are among them. */
  readonly offsets?: { readonly first: bigint; readonly last: bigint } | undefined
  /** Microseconds: ingested at or after. */
  readonly since?: bigint | undefined
  /** Microseconds: ingested before. */
  readonly until?: bigint | undefined
}

/** A condition on rows of bronze: rejected and not left out on purpose, and what the filter says. */
export function filterSql({ reason, field, partition, offsets, since, until }: QuarantineFilter): string {
  const conditions = [`_error_code NOT IN (${excludedCodes.map(literal).join(', ')})`]
  if (reason !== undefined) conditions.push(`_error_code = ${literal(reason)}`)
  if (field !== undefined) {
    const inside = ['.', '['].map(sign => `starts_with(_error_path, ${literal(field + sign)})`)
    conditions.push(`(_error_path = ${literal(field)} OR ${inside.join(' OR ')})`)
  }
  if (partition !== undefined) conditions.push(`_partition = ${partition}`)
  if (offsets !== undefined) conditions.push(`_offset BETWEEN ${offsets.first} AND ${offsets.last}`)
  if (since !== undefined) conditions.push(`_ingested_at >= make_timestamptz(${since}::BIGINT)`)
  if (until !== undefined) conditions.push(`_ingested_at < make_timestamptz(${until}::BIGINT)`)
  return conditions.join(' AND ')
}

/** The same as far as files' statistics can say. */
export function filterPredicate({ reason, partition, offsets, since, until }: QuarantineFilter): Predicate {
  const of: Predicate[] = [{ op: 'isNotNull', column: '_error_code' }]
  if (reason !== undefined) of.push({ op: '=', column: '_error_code', value: reason })
  if (partition !== undefined) of.push({ op: '=', column: '_partition', value: partition })
  if (offsets !== undefined) {
    of.push({ op: '>=', column: '_offset', value: offsets.first }, { op: '<=', column: '_offset', value: offsets.last })
  }
  if (since !== undefined) of.push({ op: '>=', column: '_ingested_at', value: since })
  if (until !== undefined) of.push({ op: '<=', column: '_ingested_at', value: until })
  return { op: 'and', of }
}
