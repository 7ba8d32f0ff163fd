import { contractLine, fieldText, outermostFields } from '../../contract/documentation/index.js'
import {
  type FieldPath,
  fieldsAt,
  inItems,
  inValues,
  mergeUndeclared,
  type Stream,
  type UndeclaredField,
  type ValueKind,
  valueKinds,
} from '../../contract/index.js'
import { asObject, dayMs } from '../../types/index.js'

/** A field that records have and the contract lacks, with the first and the last run of the monitor that found it new. */
export interface SeenField extends UndeclaredField {
  /** Milliseconds of the storage's clock; undefined until it is dated. */
  readonly first?: number | undefined
  readonly last?: number | undefined
}

/** What is known of a stream's undeclared fields. JSON as it stands. */
export interface SeenFields {
  readonly fields: readonly SeenField[]
  readonly others: number
}

/** None seen. */
export const noneSeen: SeenFields = { fields: [], others: 0 }

/** Fields that are told apart: those that most records have. */
const mostSeen = 50

/** A field that no new record had for so long is forgotten. */
const rememberedMs = 7 * dayMs

/** With what a commit of bronze reports. */
export function withReported(seen: SeenFields, json: unknown): SeenFields {
  const found = decodeUndeclared(json)
  return found.fields.length + found.others === 0 ? seen : mergeUndeclared(seen, found, mostSeen)
}

/**
 * Dates what has come since the last run, and forgets what is declared by now or has not come for a week.
 *
 * @param before as the last run left it
 * @param runTime milliseconds of the storage's clock
 */
export function datedFields(before: SeenFields, seen: SeenFields, stream: Stream, runTime: number): SeenFields {
  if (seen.fields.length === 0) return seen
  const known = new Map(before.fields.map(field => [JSON.stringify(field.path), field]))
  const fields = seen.fields.flatMap((field): SeenField[] => {
    const old = known.get(JSON.stringify(field.path))
    const last = old?.last === undefined || field.records !== old.records ? runTime : old.last
    if (runTime - last > rememberedMs || isDeclared(stream, field.path)) return []
    return [{ ...field, first: old?.first ?? runTime, last }]
  })
  return { fields, others: fields.length === 0 ? 0 : seen.others }
}

/** A stream's state with {@link datedFields}. */
export function withDatedFields<S extends { readonly reconciliation: { readonly undeclared: SeenFields } }>(
  state: S,
  before: S,
  stream: Stream,
  runTime: number,
): S {
  const { reconciliation } = state
  const undeclared = datedFields(before.reconciliation.undeclared, reconciliation.undeclared, stream, runTime)
  return { ...state, reconciliation: { ...reconciliation, undeclared } }
}

/** The same as `undeclared_fields` of `monitor_logs` has it: by field how many records, and the contract's line for it. */
export function undeclaredText(stream: Stream, { fields, others }: SeenFields): string {
  const outermost = outermostFields(fields).toSorted((a, b) => b.records - a.records)
  const entries = outermost.map(field => {
    const { line = null, why } = contractLine(field, fields, stream.fields)
    const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())
    return {
      field: fieldText(field.path),
      records: field.records,
      line,
      ...(why === undefined ? {} : { why }),
      first: time(field.first),
      last: time(field.last),
    }
  })
  return JSON.stringify([...entries, ...(others === 0 ? [] : [{ field: null, records: others, line: null }])])
}

/** What a commit or an earlier run wrote; what cannot be read of it is left out. */
export function decodeUndeclared(json: unknown): SeenFields {
  const { fields, others } = asObject(json) ?? {}
  const list: readonly unknown[] = Array.isArray(fields) ? (fields as readonly unknown[]) : []
  return { fields: list.flatMap(decodeField), others: countIn(others) }
}

function decodeField(json: unknown): SeenField[] {
  const { path, records, kinds, first, last } = asObject(json) ?? {}
  if (!Array.isArray(path) || path.length === 0 || !Array.isArray(kinds)) return []
  if (!path.every(step => typeof step === 'string' || step === inItems || step === inValues)) return []
  return [
    {
      path: path as FieldPath,
      records: countIn(records),
      kinds: valueKinds.filter((kind: ValueKind) => kinds.includes(kind)),
      ...(typeof first === 'number' && typeof last === 'number' ? { first, last } : {}),
    },
  ]
}

const countIn = (json: unknown) => (typeof json === 'number' && json > 0 ? json : 0)

/** Whether the contract has gained the field, under whatever name. */
function isDeclared(stream: Stream, path: FieldPath): boolean {
  const beside = fieldsAt(stream.fields, path.slice(0, -1)) ?? []
  return beside.some(({ name, aliases }) => [name, ...aliases].some(one => one === path.at(-1)))
}
