import type { ObjectStore } from '../../storage/index.js'
import { asObject, type Row } from '../../types/index.js'
import { emptyOverview, limits, type Overview } from './overview.js'

/** Where it is in the lake; hidden from every reader of tables. */
export const overviewPath = '_overview/lake.json'

/** As the file says it: one that is not of this format is recreated. */
const format = 3

/** What the lake's overview says; undefined when there is none, or what is there cannot be read. */
export async function readOverview(store: ObjectStore): Promise<Overview | undefined> {
  const bytes = await store.get(overviewPath)
  return bytes === undefined ? undefined : decodeOverview(new TextDecoder().decode(bytes))
}

/** Writes it whole: readers see the one before or this one. */
export async function writeOverview(store: ObjectStore, overview: Overview): Promise<void> {
  await store.put(overviewPath, new TextEncoder().encode(encodeOverview(overview)))
}

/** As JSON: whole numbers of rows as `{"n": "12"}`, exact beyond 2^53; long texts cut short. */
export function encodeOverview(overview: Overview): string {
  const tables = Object.entries(overview.tables).map(([name, table]) => [name, { ...table, row: encodeRow(table.row) }])
  return JSON.stringify({ format, ...overview, tables: Object.fromEntries(tables) as unknown })
}

/** What `encodeOverview` wrote; undefined for anything else. */
export function decodeOverview(text: string): Overview | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const found = asObject(json)
  if (found?.['format'] !== format) return undefined
  const isWhole = Object.entries(emptyOverview).every(([name, empty]) => isLike(found[name], empty))
  if (!isWhole) return undefined
  const overview = found as unknown as Overview
  const tables = Object.entries(overview.tables).map(([name, table]) => [name, { ...table, row: decodeRow(table.row) }])
  const { writtenAt, tasks, days, events, examples, models, read } = overview
  return {
    writtenAt,
    tables: Object.fromEntries(tables) as Overview['tables'],
    tasks,
    days,
    events,
    examples,
    models,
    read,
  }
}

function isLike(found: unknown, empty: unknown): boolean {
  return typeof found === typeof empty && Array.isArray(found) === Array.isArray(empty) && found !== null
}

function encodeRow(row: Row): unknown {
  const values = Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
    if (value === null || value === undefined) return []
    if (typeof value === 'bigint') return [[name, { n: String(value) }]]
    if (typeof value === 'string' && value.length > limits.text * 10)
      return [[name, `${value.slice(0, limits.text * 10)}…`]]
    return typeof value === 'object' ? [] : [[name, value]]
  })
  return Object.fromEntries(values)
}

function decodeRow(json: unknown): Row {
  const values = Object.entries(asObject(json) ?? {}).flatMap(([name, value]): [string, Row[string]][] => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return [[name, value]]
    const whole = asObject(value)?.['n']
    return typeof whole === 'string' && /^-?\d{1,40}$/.test(whole) ? [[name, BigInt(whole)]] : []
  })
  return Object.fromEntries(values)
}
