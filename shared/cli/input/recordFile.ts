import type { Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import type { Header, ProducedRecord } from '../../sources/index.js'
import {
  formatJson,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonObject,
  parseJson,
  parseSparkTimestamp,
} from '../../types/index.js'
import { CliError } from '../cliError.js'

const wrapperFields: ReadonlySet<string> = new Set(['key', 'value', 'headers', 'timestamp', 'partition'])

/**
 * Records out of a file's text: a JSON array, or JSON lines. A record is the event itself, keyed by the stream's key, or
 * `{"key","value","headers","timestamp","partition"}`, where only `value` must be there: an object, a text that is sent as
 * it stands, or null for a tombstone.
 *
 * @throws CliError USAGE that names the record
 */
export function parseRecords(text: string, stream: Pick<Stream, 'key' | 'columns'>): readonly ProducedRecord[] {
  const body = text.replace(/^\uFEFF/, '')
  if (body.trimStart().startsWith('[')) {
    const array = parsed(body, 'The file')
    if (!isJsonArray(array)) throw new CliError('USAGE', 'The file is no JSON array.')
    return array.map((item, i) => recordOf(item, undefined, stream, `record ${i + 1}`))
  }
  return body.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const where = `line ${i + 1}`
    return [recordOf(parsed(line, where), line.trim(), stream, where)]
  })
}

function parsed(text: string, where: string): Json {
  try {
    return parseJson(text)
  } catch (thrown) {
    const reason = asError(asError(thrown).cause ?? thrown).message
    throw new CliError(
      'USAGE',
      `${where} is not JSON (${reason}). What is to be sent broken goes in as text: {"key":null,"value":"…"}`,
    )
  }
}

/** @param text the item as it was written, when it is known: an event is sent byte for byte */
function recordOf(
  item: Json,
  text: string | undefined,
  stream: Pick<Stream, 'key' | 'columns'>,
  where: string,
): ProducedRecord {
  if (isJsonObject(item) && isWrapper(item, stream)) return unwrapped(item, where)
  const key = isJsonObject(item) && Object.hasOwn(item, stream.key) ? item[stream.key] : undefined
  // The event itself goes out as it stands, for the contract to validate; its key only chooses the partition.
  const sent = typeof key === 'object' ? null : typeof key === 'string' ? key.toWellFormed() : key
  return { key: bytesOf(sent, `${where}: key`), value: bytesOf(text ?? formatJson(item), where) }
}

/** An event may have fields of these names too: then something must be there that the event would not have. */
function isWrapper(item: JsonObject, { columns }: Pick<Stream, 'columns'>): boolean {
  const names = Object.keys(item)
  if (!('value' in item) || !names.every(name => wrapperFields.has(name))) return false
  const declared = new Set(columns.map(column => column.name))
  return names.some(name => !declared.has(name)) || isJsonObject(item['value'])
}

function unwrapped(item: JsonObject, where: string): ProducedRecord {
  const { key, value, headers, timestamp, partition } = item
  return {
    key: bytesOf(key, `${where}: key`),
    value: bytesOf(value, `${where}: value`),
    headers: headers === undefined || headers === null ? undefined : headersOf(headers, where),
    timestamp: timestamp === undefined || timestamp === null ? undefined : timeOf(timestamp, where),
    partition: partition === undefined || partition === null ? undefined : partitionOf(partition, where),
  }
}

function bytesOf(value: Json | undefined, what: string): Uint8Array | null {
  if (value === null || value === undefined) return null
  return Buffer.from(wholeText(typeof value === 'string' ? value : formatJson(value), what))
}

/** Half of a surrogate pair would be sent as U+FFFD, and two keys as one. */
function wholeText(text: string, what: string): string {
  if (text.isWellFormed()) return text
  throw new CliError(
    'USAGE',
    `${what} has half of a surrogate pair (\\ud800 to \\udfff), which no text that is sent can have: ${JSON.stringify(text.slice(0, 60))}.`,
  )
}

function headersOf(headers: Json, where: string): Header[] {
  const pairs = isJsonArray(headers)
    ? headers.map((pair): readonly (Json | undefined)[] => (isJsonArray(pair) ? pair : []))
    : isJsonObject(headers)
      ? Object.entries(headers)
      : undefined
  const list = pairs?.map(([name, value]) =>
    typeof name === 'string'
      ? ([wholeText(name, `${where}: header`), bytesOf(value, `${where}: header ${name}`)] as const)
      : undefined,
  )
  if (list?.every(header => header !== undefined) === true) return list
  throw new CliError('USAGE', `${where}: headers must be an object of strings or an array of [name, string].`)
}

function timeOf(timestamp: Json, where: string): number {
  const time = typeof timestamp === 'string' ? millisecondsOf(timestamp) : timestamp
  if (typeof time === 'number' && Number.isSafeInteger(time)) return time
  throw new CliError(
    'USAGE',
    `${where}: timestamp ${formatJson(timestamp)} is neither milliseconds since 1970 nor an ISO time.`,
  )
}

function millisecondsOf(text: string): number | undefined {
  const micros = parseSparkTimestamp(text)
  return micros === undefined ? undefined : Math.floor(Number(micros) / 1000)
}

function partitionOf(partition: Json, where: string): number {
  if (typeof partition === 'number' && Number.isInteger(partition) && partition >= 0) return partition
  throw new CliError('USAGE', `${where}: partition ${formatJson(partition)} is no partition's number.`)
}
