import type { Column, DataType } from '../../shared/types/index.js'

const eventTypes = ['click', 'view', 'purchase', 'signup', 'logout'] as const
const startMillis = Date.UTC(2025, 3, 1, 17, 37, 57)

/**
 * A bronze batch as the pipeline hands it over: valid sample events of one topic-partition, keys and errors null,
 * numbers in typed arrays, values as views into the buffer the broker's answer came in.
 */
export function bronzeColumns(rows: number): Column[] {
  const offsets = new BigInt64Array(rows)
  const timestamps = new BigInt64Array(rows)
  const eventTimes = new BigInt64Array(rows)
  const values = new Float64Array(rows)
  const bytes: Uint8Array[] = []
  const ids: string[] = []
  const types: string[] = []
  let state = 42
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
  for (let i = 0; i < rows; i++) {
    const millis = startMillis + i * 2 + below(20)
    const eventMillis = millis - below(5000)
    const event = {
      event_id: String(1_000_000 + below(1_000_000_000)),
      event_type: eventTypes[below(eventTypes.length)] as string,
      timestamp: new Date(eventMillis).toISOString(),
      value: String(below(200_000) / 100),
    }
    const text = JSON.stringify(event)
    bytes.push(Buffer.from(text))
    // Parsed again, so that strings are what a parser makes and not shared constants.
    const parsed = JSON.parse(text) as typeof event
    offsets[i] = BigInt(5_000_000 + i)
    timestamps[i] = BigInt(millis) * 1000n
    eventTimes[i] = BigInt(eventMillis) * 1000n
    values[i] = Number(parsed.value)
    ids.push(parsed.event_id)
    types.push(parsed.event_type)
  }
  const nulls = new Array<null>(rows).fill(null)
  const column = (name: string, type: DataType, data: Column['data']): Column => ({
    field: { name, type, nullable: true },
    data,
  })
  return [
    column('_partition', 'integer', new Int32Array(rows).fill(3)),
    column('_offset', 'long', offsets),
    column('_timestamp', 'timestamp', timestamps),
    column('_ingested_at', 'timestamp', new BigInt64Array(rows).fill(BigInt(startMillis + 60_000) * 1000n)),
    column('_topic', 'string', new Array<string>(rows).fill('events')),
    column('_generation', 'integer', new Int32Array(rows)),
    column('_error_code', 'string', nulls),
    column('_error_path', 'string', nulls),
    column('_error_message', 'string', nulls),
    column('_key', 'binary', nulls),
    column('_value', 'binary', bytes),
    column('_headers', 'string', new Array<string>(rows).fill('[]')),
    column('event_id', 'string', ids),
    column('event_type', 'string', types),
    column('timestamp', 'timestamp', eventTimes),
    column('value', 'double', values),
  ]
}
