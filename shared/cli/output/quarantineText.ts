import type { QuarantineGroup, ReplayReport, WholeRecord } from '../../pipeline/quarantine/index.js'
import { terminalLine, terminalText } from '../../telemetry/index.js'
import type { Json, JsonObject } from '../../types/index.js'

/** What a command says of quarantined records: as JSON, and as lines for people. */

/** Milliseconds suffice for times of Kafka and of ingestion. */
const timeText = (micros: bigint) => new Date(Number(micros / 1000n)).toISOString()

/** Bytes as text where they are UTF-8, else as hexadecimal digits. */
export function bytesJson(bytes: Uint8Array | null): Json {
  if (bytes === null) return null
  const text = textOf(bytes)
  return text ?? { hex: Buffer.from(bytes).toString('hex') }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** A record whole. */
export function recordJson(stream: string, record: WholeRecord): JsonObject {
  const { topic, generation, partition, offset, timestamp, ingestedAt, reason, field, message } = record
  return {
    stream,
    topic,
    generation,
    partition,
    offset,
    timestamp: timestamp === null ? null : timeText(timestamp),
    ingestedAt: timeText(ingestedAt),
    reason,
    field,
    message,
    key: bytesJson(record.key),
    headers: record.headers.map(([name, value]) => [name, bytesJson(value)]),
    value: bytesJson(record.value),
    valueBytes: record.value?.length ?? null,
  }
}

/**
 * The same in lines, the value last and indented: nothing in a record can look like a line of another, and nothing of it
 * is obeyed by a terminal.
 */
export function recordText(stream: string, record: WholeRecord): string {
  const { topic, generation, partition, offset, timestamp, ingestedAt, reason, field, message, value } = record
  const line = (name: string, text: string) => `${name.padEnd(10)} ${terminalLine(text)}\n`
  const bytes = (found: Uint8Array | null) =>
    found === null ? 'null' : (textOf(found) ?? `0x${Buffer.from(found).toString('hex')}`)
  const body = terminalText(bytes(value)).replace(/\r?\n/g, '\n  ')
  return [
    line('record', `${stream}, partition ${partition}, offset ${offset}`),
    line('topic', `${topic}, generation ${generation}`),
    line('timestamp', timestamp === null ? 'none' : timeText(timestamp)),
    line('ingested', timeText(ingestedAt)),
    line('reason', field === '' ? reason : `${reason} ${field}`),
    line('message', message),
    line('key', bytes(record.key)),
    ...record.headers.map(([name, found]) => line('header', `${name}: ${bytes(found)}`)),
    line('value', value === null ? 'null' : `${value.length} bytes`),
    ...(value === null ? [] : [`  ${body}\n`]),
    '\n',
  ].join('')
}

/** Columns of {@link groupJson} that a table shows. */
export const groupColumns = ['stream', 'reason', 'field', 'count', 'firstSeen', 'lastSeen', 'example'] as const

/** What is in quarantine for one reason. */
export function groupJson({ firstSeen, lastSeen, example, ...group }: QuarantineGroup): JsonObject {
  return {
    ...group,
    firstSeen: timeText(firstSeen),
    lastSeen: timeText(lastSeen),
    example: `${example.partition}/${example.offset}: ${example.message}`,
  }
}

/** Columns of {@link outcomeRecords}. */
export const outcomeColumns = ['stream', 'outcome', 'reason', 'field', 'count', 'example'] as const

/** What a replay did, an outcome a record, and why what remains does. */
export function outcomeRecords(report: ReplayReport): readonly JsonObject[] {
  const { stream, replayed, duplicates, alreadyThere, expired, remaining } = report
  const none = { reason: null, field: null, example: null }
  return [
    { stream, outcome: 'replayed', count: replayed, ...none },
    { stream, outcome: 'duplicate', count: duplicates, ...none },
    ...(alreadyThere === 0 ? [] : [{ stream, outcome: 'already there', count: alreadyThere, ...none }]),
    ...(expired === 0 ? [] : [{ stream, outcome: 'expired', count: expired, ...none }]),
    ...remaining.map(({ reason, field, count, example }) => ({
      stream,
      outcome: 'remains',
      reason,
      field,
      count,
      example: `${example.partition}/${example.offset}: ${example.message}`,
    })),
  ]
}
