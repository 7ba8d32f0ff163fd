import { isJsonArray, isJsonObject, type Json, type JsonObject, parseJson } from '../../types/index.js'
import { nodesIn, textOf } from '../duckdb/index.js'

/** What a statement reads of a stub (see tableStubs.ts), by DuckDB's own plan. */
export interface StubScans {
  /** Places of the columns that are read, rather too many than too few; undefined when that is not known. */
  readonly columns: ReadonlySet<number> | undefined
  /** For each scan of it the conditions that all of its rows fulfil that count, as SQL over the stub's columns. */
  readonly scans: readonly (readonly string[])[]
}

/** A stub's name in a plan. */
export const stubName = (place: number): string => `lake_stub_${place}`
/** The name of a stub's column in a plan. */
export const stubColumn = (place: number): string => `c${place}`

/**
 * The scans of stubs in a statement's plans, by the stub's place: rows are judged by the optimized logical plan, whose
 * tree has every scan, columns by the physical one. Pure.
 *
 * @param logical as `EXPLAIN (FORMAT JSON)` gives it
 */
export function stubScans(logical: string, physical: string): ReadonlyMap<number, StubScans> {
  const columns = new Map<number, Set<number>>()
  for (const { place, info } of scansIn(physical)) {
    const known = columns.get(place) ?? new Set<number>()
    columns.set(place, known)
    const texts = [...listed(info['Projections']), ...listed(info['Filters'])].join(' ')
    for (const [, column] of texts.matchAll(/\bc(\d+)\b/g)) known.add(Number(column))
  }
  const scans = new Map<number, (readonly string[])[]>()
  for (const { place, info } of scansIn(logical)) {
    const known = scans.get(place) ?? []
    scans.set(place, known)
    known.push(conditionsIn(listed(info['Filters'])))
  }
  // What only one of the plans has is read in ways that are not understood here: then all of it counts.
  const places = new Set([...scans.keys(), ...columns.keys()])
  return new Map([...places].map(place => [place, { columns: columns.get(place), scans: scans.get(place) ?? [[]] }]))
}

function* scansIn(plan: string): Generator<{ readonly place: number; readonly info: JsonObject }> {
  for (const node of nodesIn(parseJson(plan))) {
    const info = node['extra_info']
    if (!isJsonObject(info)) continue
    const place = /\blake_stub_(\d+)$/.exec(textOf(info['Table']))?.[1]
    if (place !== undefined) yield { place: Number(place), info }
  }
}

function listed(json: Json | undefined): readonly string[] {
  if (isJsonArray(json)) return json.map(textOf)
  const text = textOf(json)
  return text === '' ? [] : [text]
}

/**
 * The texts, one for each condition. DuckDB breaks them where a value has an end of line, too: such a piece has a quote
 * that is open, and then none of them counts.
 */
function conditionsIn(texts: readonly string[]): readonly string[] {
  const isWhole = (text: string) => (text.split("'").length - 1) % 2 === 0
  // What is optional does not decide, and what decides is there as well.
  return texts.every(isWhole) ? texts.filter(text => !text.startsWith('optional:')) : []
}
