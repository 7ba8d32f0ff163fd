import type { Predicate } from '../../delta/index.js'
import type { DuckDbSession } from '../../query/index.js'

/** Offsets of one partition, both included. */
export interface RecordRange {
  readonly partition: number
  readonly least: bigint
  readonly greatest: bigint
}

/** What a row must fulfil to be in one of the ranges, as far as statistics can say. */
export function inRanges(ranges: readonly RecordRange[]): Predicate {
  return {
    op: 'or',
    of: ranges.map(({ partition, least, greatest }): Predicate => ({
      op: 'and',
      of: [
        { op: '=', column: '_partition', value: partition },
        { op: '>=', column: '_offset', value: least },
        { op: '<=', column: '_offset', value: greatest },
      ],
    })),
  }
}

/**
 * The ranges that records of a session lie in.
 * @param relation a table, or a SELECT in parentheses, with `_partition` and `_offset`
 */
export async function recordRanges(session: DuckDbSession, relation: string): Promise<readonly RecordRange[]> {
  const { rows } = await session.query(
    `SELECT _partition, min(_offset) AS least, max(_offset) AS greatest FROM ${relation} GROUP BY _partition`,
  )
  return rows.map(({ _partition: partition, least, greatest }) => ({
    partition: partition as number,
    least: least as bigint,
    greatest: greatest as bigint,
  }))
}
