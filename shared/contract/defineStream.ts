import type { z } from 'zod'

import type { DataType } from '../types/index.js'
import { ContractError } from './contractError.js'
import { type ObjectDecoder, objectDecoder } from './decoder.js'
import { durationForms, parseDuration } from './duration.js'
import { type Expectation, expectationFault, type Predicate, rulesOf } from './expectations.js'
import { keyText } from './keyText.js'
import { jsonReader } from './recordJson.js'
import { type Retention, type RetentionDeclaration, retentionOf } from './retention.js'
import type { ExpectationAction, StartFrom, Stream } from './stream.js'
import { formatFault, type StreamFormat } from './streamFormat.js'
import { type ModelDeclaration, streamModelOf } from './streamModel.js'
import { guarded, parserOf, validatorOf } from './valueValidation.js'

/** What is written down about a stream; everything else follows from it. */
export interface StreamDeclaration<Schema extends z.ZodObject> {
  /** Lower-case letters, digits and underscores; names the tables. */
  readonly name: string
  readonly topic: string
  readonly schema: Schema
  /** The field that makes two events the same. */
  readonly key: keyof z.output<Schema> & string
  /** The `timestamp()` field that says when the event happened. */
  readonly eventTime: keyof z.output<Schema> & string
  /** Late is what Kafka's timestamp is more than this behind: kept, and flagged. `10 minutes`, `PT15M`. */
  readonly allowedLateness: string
  /** How far apart in event time two events of one key can be and still be duplicates. */
  readonly dedupeWithin: string
  /**
   * How long rows are kept: a duration for all, or each part its own (`bronze`, `quarantine`, `silver`, `scored`,
   * `summary`, `drift`); what is not named is kept for ever. Maintenance removes days that are older as a whole: of bronze
   * and its rejected records by when they were ingested, of silver and scored rows by event time, of summary and drift by
   * their windows.
   */
  readonly retain?: RetentionDeclaration
  /** At most four fields, the most often filtered first; the event time when absent. */
  readonly clusterBy?: readonly (keyof z.output<Schema> & string)[]
  /**
   * What every event must fulfil beyond its types, by name, and what happens to one that does not: `warn` keeps it,
   * `quarantine` (without an action) rejects it, `drop` leaves it out for good, `fail` stops its partition. They are
   * asked in their order, and the first that is not fulfilled decides; warnings before it are counted. An expectation
   * that throws is not fulfilled.
   */
  readonly expectations?: Readonly<Record<string, ExpectationDeclaration<z.output<Schema>>>>
  /** Which events silver is to have: others are left out, and counted as filtered. Asked before the expectations. */
  readonly where?: (event: z.output<Schema>) => boolean
  /** For partitions that were never ingested; `earliest` when absent. */
  readonly startFrom?: StartFrom
  /**
   * How values are written; `json` when absent. `confluent-…` are those of a schema registry's clients, whose schemas
   * are fetched from SCHEMA_REGISTRY_URL. The contract validates what is decoded, whatever the format.
   */
  readonly format?: StreamFormat
  /** `string` for JSON without a decoder, otherwise `binary`. */
  readonly dataType?: 'string' | 'binary'
  /** For values of no format there is: bytes to an object as JSON would have it. Where it throws, the record is rejected. */
  readonly decode?: (value: Uint8Array) => unknown
  /** What scores its events; without one they are summarised only. */
  readonly model?: ModelDeclaration<keyof z.output<Schema> & string>
}

/** A predicate, with what happens where it is not true. */
export type ExpectationDeclaration<Event> =
  ((event: Event) => boolean) | { readonly holds: (event: Event) => boolean; readonly action: ExpectationAction }

/**
 * Declares a stream.
 *
 * @example
 * export const clicks = defineStream({
 *   name: 'clicks', topic: 'clicks',
 *   schema: z.object({ id: z.string().min(1), at: timestamp(), price: decimal(10, 2).optional() }),
 *   key: 'id', eventTime: 'at', allowedLateness: '10 minutes', dedupeWithin: '1 day',
 * })
 * @throws ContractError naming the field or the property
 */
export function defineStream<const Schema extends z.ZodObject>(declaration: StreamDeclaration<Schema>): Stream {
  const { name, topic, key, eventTime, decode, model } = declaration
  checkName(name, topic)
  const decoder = atStream(name, () => objectDecoder(declaration.schema, ''))
  const clusterBy: readonly string[] = declaration.clusterBy ?? [eventTime]
  checkRoles(name, decoder, key, eventTime, clusterBy)
  const expectations = expectationsOf(name, declaration.expectations ?? {})
  const format = formatOf(declaration)
  const where = declaration.where as Predicate | undefined
  const rules = rulesOf(expectations, where)
  const validate = validatorOf(decoder, eventTime, rules)
  const dedupeWithinMs = duration(name, 'dedupeWithin', declaration.dedupeWithin)
  const keyNames = [key, ...(decoder.named.find(field => field.name === key)?.aliases ?? [])]
  const read = decode === undefined ? jsonReader(decoder) : guarded(decode)
  const parse = parserOf(read, validate)
  const predicates = [...(where === undefined ? [] : [where]), ...expectations.map(({ holds }) => holds)]
  return {
    name,
    topic,
    columns: decoder.fields,
    fields: decoder.named,
    schema: declaration.schema,
    key,
    eventTime,
    allowedLatenessMs: duration(name, 'allowedLateness', declaration.allowedLateness),
    dedupeWithinMs,
    retention: retentionIn(name, declaration.retain, dedupeWithinMs),
    clusterBy,
    startFrom: declaration.startFrom ?? 'earliest',
    format,
    dataType: declaration.dataType ?? (decode === undefined && format === 'json' ? 'string' : 'binary'),
    expectations: expectations.map(expectation => expectation.name),
    actions: new Map(expectations.map(expectation => [expectation.name, expectation.action])),
    isFiltered: declaration.where !== undefined,
    model: model === undefined ? undefined : streamModelOf(name, decoder.fields, model, why => refuse(name, why)),
    parse,
    json: decode === undefined && format === 'json' ? { parse, rules, predicates } : undefined,
    validate,
    keyOf: value => keyText(read(value), keyNames),
  }
}

function retentionIn(stream: string, declared: unknown, dedupeWithinMs: number): Retention {
  const outcome = retentionOf(declared, dedupeWithinMs)
  return 'fault' in outcome ? refuse(stream, outcome.fault) : outcome.retention
}

function formatOf<Schema extends z.ZodObject>(declaration: StreamDeclaration<Schema>): StreamFormat {
  const { name, format = 'json', decode, dataType } = declaration
  const fault = formatFault(format)
  if (fault !== undefined) refuse(name, fault)
  if (format === 'json') return format
  if (decode !== undefined) refuse(name, 'it has a format and a decoder; leave one of the two out')
  if (dataType === 'string') refuse(name, 'dataType string would not keep the bytes of its format; leave it out')
  return format
}

function expectationsOf<Event>(
  stream: string,
  declared: Readonly<Record<string, ExpectationDeclaration<Event>>>,
): readonly Expectation[] {
  return Object.entries(declared).map(([name, one]) => {
    const { holds, action } = typeof one === 'function' ? { holds: one, action: 'quarantine' as const } : one
    const fault = expectationFault(holds, action)
    if (fault !== undefined) refuse(stream, `expectation ${JSON.stringify(name)} ${fault}`)
    return { name, holds: holds as Predicate, action }
  })
}

function checkName(name: string, topic: string): void {
  if (!/^[a-z][a-z0-9_]{0,99}$/.test(name)) {
    throw bad(name, 'a name has lower-case letters, digits and underscores, and begins with a letter')
  }
  const endings = ['_quarantine', '_quarantine_resolved', '_scored', '_summary', '_drift']
  const suffix = endings.find(ending => name.endsWith(ending))
  if (suffix !== undefined) throw bad(name, `a name may not end in ${suffix}, which tables of other streams do`)
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic))
    throw bad(name, `topic ${JSON.stringify(topic)} is not a name Kafka takes`)
}

const keyTypes: readonly DataType[] = ['string', 'integer', 'long', 'date', 'timestamp', 'timestamp_ntz']
const clusterTypes: readonly DataType[] = [...keyTypes, 'float', 'double']

function checkRoles(
  stream: string,
  decoder: ObjectDecoder,
  key: string,
  eventTime: string,
  clusterBy: readonly string[],
): void {
  const column = (role: string, name: string) => {
    const found = decoder.fields.find(field => field.name === name)
    if (found === undefined) throw bad(stream, `${role} names ${JSON.stringify(name)}, which the schema does not have`)
    return found
  }
  const isOneOf = (types: readonly DataType[], type: DataType) =>
    types.includes(type) || (typeof type === 'object' && type.type === 'decimal')
  for (const [role, name] of [
    ['key', key],
    ['eventTime', eventTime],
  ] as const) {
    if (column(role, name).nullable)
      throw bad(stream, `${role} ${JSON.stringify(name)} must not be nullable or optional`)
  }
  if (!isOneOf(keyTypes, column('key', key).type)) {
    throw bad(stream, `key ${JSON.stringify(key)} must be a text, whole number, decimal, date or timestamp`)
  }
  if (column('eventTime', eventTime).type !== 'timestamp') {
    throw bad(stream, `eventTime ${JSON.stringify(eventTime)} must be declared as timestamp()`)
  }
  if (clusterBy.length > 4 || new Set(clusterBy).size < clusterBy.length) {
    throw bad(stream, 'clusterBy has at most four different fields')
  }
  for (const name of clusterBy) {
    if (!isOneOf(clusterTypes, column('clusterBy', name).type)) {
      throw bad(stream, `clusterBy ${JSON.stringify(name)} must be a text, number, date or timestamp`)
    }
  }
}

function duration(stream: string, property: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== null) return ms
  const message = `Stream ${stream}: ${property} ${JSON.stringify(text)} is not a duration. Write ${durationForms}.`
  throw new ContractError('BAD_DURATION', message, { stream, property })
}

/** Field paths alone do not say which stream; its name goes in front. */
function atStream<T>(stream: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    const path = String(error.data['field'] ?? '')
    const field = path === '' ? stream : `${stream}.${path}`
    const message = error.message.replace(JSON.stringify(path), () => JSON.stringify(field))
    throw new ContractError(error.code, message, { ...error.data, stream, field })
  }
}

function bad(stream: string, why: string): ContractError {
  return new ContractError('BAD_STREAM', `Stream ${JSON.stringify(stream)}: ${why}.`, { stream })
}

function refuse(stream: string, why: string): never {
  throw bad(stream, why)
}
