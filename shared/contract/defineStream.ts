import type { z } from 'zod'

import { asError } from '../errors.js'
import type { DataType } from '../types/index.js'
import { ContractError } from './contractError.js'
import { type ObjectDecoder, objectDecoder } from './decoder.js'
import { durationForms, parseDuration } from './duration.js'
import { type Expectation, expectationFault, type Predicate, type Rules, rulesOf } from './expectations.js'
import { jsonReader } from './jsonValue.js'
import type { ExpectationAction, ParseOutcome, RejectionCode, StartFrom, Stream } from './stream.js'
import { type ModelDeclaration, streamModelOf } from './streamModel.js'
import { ValidationIssue } from './validationIssue.js'

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
  /** `binary` when there is a decoder, otherwise `string`. */
  readonly dataType?: 'string' | 'binary'
  /** For values that are not JSON: bytes to an object as JSON would have it. Where it throws, the record is rejected. */
  readonly decode?: (value: Uint8Array) => unknown
  /** What scores its events; without one they are summarised only. */
  readonly model?: ModelDeclaration<keyof z.output<Schema> & string>
}

/** A predicate, with what happens where it is not true. */
export type ExpectationDeclaration<Event> =
  ((event: Event) => boolean) | { readonly holds: (event: Event) => boolean; readonly action: ExpectationAction }

/** An event may be this much ahead of Kafka's timestamp, in milliseconds: clocks differ. */
export const maxAheadMs = 3_600_000

/**
 * A Kafka timestamp this much ahead of ingestion is no measure of events: producers set it, and one whose clock says 2099
 * sets both. Wide, because the ingesting machine's clock may be the wrong one.
 */
const implausiblyAheadMs = 366 * 86_400_000

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
  return {
    name,
    topic,
    columns: decoder.fields,
    schema: declaration.schema,
    key,
    eventTime,
    allowedLatenessMs: duration(name, 'allowedLateness', declaration.allowedLateness),
    dedupeWithinMs: duration(name, 'dedupeWithin', declaration.dedupeWithin),
    clusterBy,
    startFrom: declaration.startFrom ?? 'earliest',
    dataType: declaration.dataType ?? (decode === undefined ? 'string' : 'binary'),
    expectations: expectations.map(expectation => expectation.name),
    actions: new Map(expectations.map(expectation => [expectation.name, expectation.action])),
    isFiltered: declaration.where !== undefined,
    model: model === undefined ? undefined : streamModelOf(name, decoder.fields, model, why => refuse(name, why)),
    parse: parserOf(decoder, eventTime, rulesOf(expectations, declaration.where as Predicate | undefined), decode),
  }
}

function parserOf(
  decoder: ObjectDecoder,
  eventTime: string,
  rules: Rules,
  decode: ((value: Uint8Array) => unknown) | undefined,
): Stream['parse'] {
  const { store } = decoder
  const read = decode === undefined ? jsonReader(decoder) : guarded(decode)
  return (value, kafkaTimestamp, ingestedAt = Date.now()) => {
    const found = read(value)
    if (found instanceof ValidationIssue) return rejected(found)
    const event = decoder.decode(found)
    if (event instanceof ValidationIssue) {
      const isWhole = event.path === '' && event.code === 'FIELD_TYPE'
      return rejected(isWhole ? new ValidationIssue('NOT_AN_OBJECT', event.message) : event)
    }
    const at = (event as Record<string, unknown>)[eventTime] as bigint
    const isMeasure =
      kafkaTimestamp !== null && kafkaTimestamp >= 0 && kafkaTimestamp <= ingestedAt + implausiblyAheadMs
    const measure = isMeasure ? kafkaTimestamp : ingestedAt
    // Microseconds of any event time within three centuries are exact as a double.
    if (Number(at) > (measure + maxAheadMs) * 1000) {
      return rejection(
        'EVENT_TIME_IN_FUTURE',
        eventTime,
        aheadInWords(at, measure, isMeasure ? "Kafka's timestamp" : noMeasure),
      )
    }
    const broken = rules(event)
    if (broken !== undefined && !broken.isKept) return broken.outcome
    const row = (store === undefined ? event : store(event)) as ValidRow
    return broken === undefined ? { valid: true, row } : { valid: true, row, warnings: broken.warnings }
  }
}

type ValidRow = Extract<ParseOutcome, { valid: true }>['row']

function guarded(decode: (value: Uint8Array) => unknown): (value: Uint8Array) => unknown {
  return value => {
    try {
      return decode(value)
    } catch (error) {
      return new ValidationIssue('NOT_DECODED', `the value cannot be decoded: ${asError(error).message}`)
    }
  }
}

const noMeasure = "the time of ingestion (Kafka's timestamp is absent or years ahead)"

function aheadInWords(at: bigint, measure: number, what: string): string {
  const minutes = Math.round((Number(at) / 1000 - measure) / 60_000)
  const most = String(maxAheadMs / 60_000)
  return `the event time is ${String(minutes)} minutes after ${what}; at most ${most} are accepted`
}

function rejected(issue: ValidationIssue): ParseOutcome {
  return rejection(issue.code, issue.path, issue.message)
}

function rejection(code: RejectionCode, path: string, message: string): ParseOutcome {
  return { valid: false, rejection: { code, path, message } }
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
