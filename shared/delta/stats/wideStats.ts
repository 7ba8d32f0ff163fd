import { formatJson, isJsonObject, type Json, type JsonObject, parseJson } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'

/**
 * The statistics of a file some of whose rows a deletion vector takes out: they are those of all its rows, and so may
 * be wider than those of the rows that are left (PROTOCOL.md, "Per-file Statistics").
 *
 * @param rows all of the file's rows, those that are deleted among them
 */
export function wideStats({ stats, deletionVector }: Pick<AddFile, 'stats' | 'deletionVector'>, rows: number): string {
  const json = objectOf(stats)
  if (json === undefined || stats === undefined) return `{"numRecords":${rows},"tightBounds":false}`
  if (json['tightBounds'] === false && known(json['numRecords'])) return stats
  if (json['tightBounds'] === undefined && known(json['numRecords']) && deletionVector === undefined)
    return `${stats.slice(0, stats.lastIndexOf('}'))},"tightBounds":false}`
  const left = BigInt(rows) - (deletionVector?.cardinality ?? 0n)
  const nullCount = json['tightBounds'] === false ? json['nullCount'] : allNull(json['nullCount'], left, BigInt(rows))
  return formatJson({ ...json, numRecords: rows, nullCount, tightBounds: false })
}

function objectOf(stats: string | undefined): JsonObject | undefined {
  if (stats === undefined) return undefined
  try {
    const json = parseJson(stats)
    return isJsonObject(json) && Object.keys(json).length > 0 ? json : undefined
  } catch {
    return undefined
  }
}

/**
 * A column that is null in every row that was left is so in all rows: only such a count is certain when bounds are
 * wide.
 */
function allNull(counts: Json | undefined, left: bigint, rows: bigint): Json | undefined {
  if (isJsonObject(counts))
    return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, allNull(count, left, rows)]))
  return known(counts) && BigInt(counts) === left ? rows : counts
}

function known(count: Json | undefined): count is number | bigint {
  return typeof count === 'bigint' || (typeof count === 'number' && Number.isInteger(count))
}
