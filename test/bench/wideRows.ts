import type { Column, StructField, StructType } from '../../shared/types/index.js'

const types = [
  ['id', 'long'],
  ['at', 'timestamp'],
  ['kind', 'string'],
  ['name', 'string'],
  ['quantity', 'integer'],
  ['value', 'double'],
  ['amount', 'double'],
  ['flag', 'boolean'],
  ['day', 'date'],
  ['note', 'string'],
] as const

const fields = types.map(([name, type]): StructField => ({ name, type, nullable: true, metadata: {} }))

/** Ten columns as a table of events may have them. */
export const wideSchema: StructType = { type: 'struct', fields }

/** Rows of {@link wideSchema} from a seed: ids ascending from `first`, random values, few kinds, distinct names. */
export function wideColumns(first: number, rows: number, seed = first + 1): readonly Column[] {
  const random = draws(seed)
  const of = <Value>(value: (row: number) => Value) => Array.from({ length: rows }, (_, row) => value(row))
  const data: Readonly<Record<(typeof types)[number][0], Column['data']>> = {
    id: BigInt64Array.from({ length: rows }, (_, row) => BigInt(first + row)),
    at: BigInt64Array.from({ length: rows }, (_, row) => BigInt(first + row) * 1_000_000n),
    kind: of(() => `kind ${Math.floor(random() * 12)}`),
    name: of(row => `name of ${(first + row) * 7919}`),
    quantity: Int32Array.from({ length: rows }, () => Math.floor(random() * 1_000)),
    value: Float64Array.from({ length: rows }, () => random()),
    amount: Float64Array.from({ length: rows }, () => Math.floor(random() * 10_000) / 100),
    flag: of(() => random() < 0.5),
    day: Int32Array.from({ length: rows }, (_, row) => 20_000 + Math.floor((first + row) / 100_000)),
    note: of(() => (random() < 0.5 ? null : `note ${Math.floor(random() * 100)}`)),
  }
  return types.map(([name], i): Column => ({ field: fields[i] as StructField, data: data[name] }))
}

/** Numbers from 0 to 1 that are the same for a seed. */
function draws(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32
  }
}
