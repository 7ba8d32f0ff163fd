import { DecodedTime } from '../../contract/index.js'
import { formatDecimal } from '../../types/index.js'
import { decimalText } from '../avro/index.js'

type Found = Readonly<Record<string, unknown>>

const wrappers = ['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes']

/** Messages that stand for a value of their own, by full names: what they become. */
export const wellKnown: ReadonlyMap<string, (found: Found) => unknown> = new Map<string, (found: Found) => unknown>([
  [
    '.google.protobuf.Timestamp',
    ({ seconds, nanos }) => new DecodedTime((nanosOf(seconds, nanos) - below(nanos)) / 1000n),
  ],
  // Seconds as exact decimal text: there is no column of a duration.
  ['.google.protobuf.Duration', ({ seconds, nanos }) => formatDecimal(nanosOf(seconds, nanos), 9)],
  ...wrappers.map(name => [`.google.protobuf.${name}Value`, ({ value }: Found) => value] as const),
  ['.google.protobuf.Value', jsonValue],
  ['.google.protobuf.Struct', ({ fields }) => fields],
  ['.google.protobuf.ListValue', ({ values }) => values],
  ['.confluent.type.Decimal', ({ value, scale }) => decimalText(value as Uint8Array, scaleOf(scale))],
])

function nanosOf(seconds: unknown, nanos: unknown): bigint {
  return BigInt(seconds as number | bigint) * 1_000_000_000n + BigInt(nanos as number)
}

/** What is below a microsecond, counted from the past, so that dividing cuts towards it. */
function below(nanos: unknown): bigint {
  return BigInt((((nanos as number) % 1000) + 1000) % 1000)
}

/** The member that is set; there is none for null. */
function jsonValue(found: Found): unknown {
  const [set] = Object.entries(found)
  return set === undefined || set[0] === 'null_value' ? null : set[1]
}

function scaleOf(scale: unknown): number {
  return Math.min(1_000, Math.max(0, Number(scale)))
}
