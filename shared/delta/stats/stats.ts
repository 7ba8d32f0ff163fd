import {
  type DataType,
  isJsonObject,
  type Json,
  type JsonObject,
  namedValue,
  parseJson,
  type Value,
} from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import type { StatsColumn, StatsPlan } from './statsColumns.js'
import { truncateMax, truncateMin } from './stringTruncation.js'
import { formatBound, jsonString, parseBound } from './valueBounds.js'

/** Statistics of one data file ⇄ the JSON text in its `add` (PROTOCOL.md, "Per-file Statistics"). */
export interface FileStats {
  readonly numRecords: bigint
  /** By column key (see columnPath.ts): `a`, `s.x`. */
  readonly columns: ReadonlyMap<string, ColumnStats>
  /** False when the bounds may be wider than the values; a null count then counts only when it is none or all. */
  readonly tightBounds?: boolean | undefined
}

/** What is known of one leaf column. An absent bound is unknown, or there is none because all values are null. */
export interface ColumnStats {
  readonly min?: Value | undefined
  readonly max?: Value | undefined
  readonly nullCount?: bigint | undefined
}

/**
 * The statistics' text for the columns of `plan`: long strings cut, timestamps cut to milliseconds, bounds that JSON
 * cannot express left out. A column that `stats` does not have is left out.
 */
export function encodeStats(stats: FileStats, plan: StatsPlan): string {
  const min = new Tree()
  const max = new Tree()
  const nulls = new Tree()
  for (const column of plan.columns) {
    const found = stats.columns.get(column.key)
    if (column.bounds) {
      min.set(column.physicalPath, bound(column, found?.min, plan, truncateMin))
      max.set(column.physicalPath, bound(column, found?.max, plan, truncateMax))
    }
    nulls.set(column.physicalPath, found?.nullCount?.toString())
  }
  const parts = [`"numRecords":${stats.numRecords}`]
  if (min.used) parts.push(`"minValues":${min.text()}`, `"maxValues":${max.text()}`)
  if (nulls.used) parts.push(`"nullCount":${nulls.text()}`)
  const tight = stats.tightBounds ?? (plan.saysTight === true ? true : undefined)
  if (tight !== undefined) parts.push(`"tightBounds":${tight}`)
  return `{${parts.join(',')}}`
}

function bound(
  { field: { type } }: StatsColumn,
  value: Value | undefined,
  plan: StatsPlan,
  truncate: (text: string, prefix: number) => string | undefined,
): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') return formatBound(type, value)
  const text = truncate(value, plan.stringPrefix)
  return text === undefined ? undefined : formatBound(type, text)
}

/** How bounds are understood; see widenedBounds.ts for what they mean to a reader. */
export interface BoundReading {
  min(type: DataType, json: Json | undefined): Value | undefined
  max(type: DataType, json: Json | undefined): Value | undefined
}

/** As they are written. */
const written: BoundReading = { min: parseBound, max: parseBound }

/**
 * The statistics of the given columns in the text. A bound that is not of its column's type is unknown.
 *
 * @throws DeltaError DELTA_BAD_STATISTICS when the text is no statistics at all
 */
export function parseStats(
  text: string,
  columns: readonly StatsColumn[],
  where?: LogPlace,
  bounds = written,
): FileStats {
  const json = plainJson(text, columns) ?? readJson(text, where)
  const numRecords = count(isJsonObject(json) ? json['numRecords'] : undefined)
  if (!isJsonObject(json) || numRecords === undefined)
    throw new DeltaError('DELTA_BAD_STATISTICS', `statistics without numRecords: ${text.slice(0, 80)}`, { where })
  const found = new Map<string, ColumnStats>()
  for (const { key, physicalPath, field } of columns) {
    const min = bounds.min(field.type, at(json['minValues'], physicalPath))
    const max = bounds.max(field.type, at(json['maxValues'], physicalPath))
    const nullCount = count(at(json['nullCount'], physicalPath))
    if (min !== undefined || max !== undefined || nullCount !== undefined) found.set(key, { min, max, nullCount })
  }
  return {
    numRecords,
    columns: found,
    tightBounds: typeof json['tightBounds'] === 'boolean' ? json['tightBounds'] : undefined,
  }
}

/**
 * Those of the columns with a bound that is not of their type, which readers take as unknown at best.
 *
 * @throws DeltaError DELTA_BAD_STATISTICS when the text is no JSON object
 */
export function unreadableBounds(
  text: string,
  columns: readonly StatsColumn[],
  where?: LogPlace,
): readonly StatsColumn[] {
  const json = readJson(text, where)
  if (!isJsonObject(json))
    throw new DeltaError('DELTA_BAD_STATISTICS', `statistics are no object: ${text.slice(0, 80)}`, { where })
  const isReadable = ({ physicalPath, field }: StatsColumn, bounds: Json | undefined) => {
    const bound = at(bounds, physicalPath) ?? null
    return bound === null || parseBound(field.type, bound) !== undefined
  }
  return columns.filter(
    column => column.bounds && !(isReadable(column, json['minValues']) && isReadable(column, json['maxValues'])),
  )
}

/**
 * The text by the platform's own parser, several times as fast, when that loses nothing of what is asked for: no
 * decimal, and no whole number that is beyond 2^53.
 */
function plainJson(text: string, columns: readonly StatsColumn[]): JsonObject | undefined {
  if (columns.some(({ field: { type } }) => typeof type !== 'string')) return undefined
  let json: Json
  try {
    json = JSON.parse(text) as Json
  } catch {
    return undefined
  }
  if (!isJsonObject(json) || !isSafe(json['numRecords'])) return undefined
  for (const {
    physicalPath,
    field: { type },
  } of columns) {
    if (!isSafe(at(json['nullCount'], physicalPath))) return undefined
    if (
      type !== 'float' &&
      type !== 'double' &&
      !(isSafe(at(json['minValues'], physicalPath)) && isSafe(at(json['maxValues'], physicalPath)))
    )
      return undefined
  }
  return json
}

function isSafe(json: Json | undefined): boolean {
  return typeof json !== 'number' || Number.isSafeInteger(json)
}

function readJson(text: string, where: LogPlace | undefined): Json {
  try {
    return parseJson(text)
  } catch (error) {
    throw new DeltaError('DELTA_BAD_STATISTICS', `statistics are not JSON: ${text.slice(0, 80)}`, {
      cause: error,
      where,
    })
  }
}

function at(json: Json | undefined, path: readonly string[]): Json | undefined {
  let here: Json | undefined = json
  for (const name of path) here = isJsonObject(here) ? namedValue(here, name) : undefined
  return here
}

function count(json: Json | undefined): bigint | undefined {
  return typeof json === 'bigint' || (typeof json === 'number' && Number.isInteger(json)) ? BigInt(json) : undefined
}

/** Nested JSON built leaf by leaf. An object stays although its leaves have no value, as other engines write it. */
class Tree {
  readonly #root = new Map<string, Branch>()

  get used(): boolean {
    return this.#root.size > 0
  }

  set(path: readonly string[], text: string | undefined): void {
    let branch = this.#root
    path.forEach((name, depth) => {
      if (depth === path.length - 1) branch.set(name, text)
      else {
        const next = branch.get(name)
        const inner = next instanceof Map ? next : new Map<string, Branch>()
        branch.set(name, inner)
        branch = inner
      }
    })
  }

  text(): string {
    return render(this.#root)
  }
}

type Branch = string | undefined | Map<string, Branch>

function render(branch: Map<string, Branch>): string {
  const parts: string[] = []
  for (const [name, value] of branch)
    if (value !== undefined) parts.push(`${jsonString(name)}:${typeof value === 'string' ? value : render(value)}`)
  return `{${parts.join(',')}}`
}
