import { asError } from '../errors.js'
import { dayMs } from '../types/index.js'
import type { ObjectDecoder } from './decoder.js'
import type { Rules } from './expectations.js'
import type { RejectionCode } from './rejectionCodes.js'
import type { ParseOutcome, Stream } from './stream.js'
import type { UndeclaredCounter } from './undeclared/index.js'
import { ValidationIssue } from './validationIssue.js'

/** An event may be this much ahead of Kafka's timestamp, in milliseconds: clocks differ. */
const maxAheadMs = 3_600_000

/**
 * A Kafka timestamp this much ahead of ingestion is no measure of events: producers set it, and one whose clock says 2099
 * sets both. Wide, because the ingesting machine's clock may be the wrong one.
 */
const implausiblyAheadMs = 366 * dayMs

/** A reader of bytes and a validator of what it reads, as one. */
export function parserOf(
  read: (value: Uint8Array, undeclared?: UndeclaredCounter) => unknown,
  validate: Stream['validate'],
): Stream['parse'] {
  return (value, kafkaTimestamp, ingestedAt, undeclared) => {
    const found = read(value, undeclared)
    return found instanceof ValidationIssue ? rejected(found) : validate(found, kafkaTimestamp, ingestedAt)
  }
}

/** What the contract says of a decoded value: its fields, its event time, its rules. */
export function validatorOf(decoder: ObjectDecoder, eventTime: string, rules: Rules): Stream['validate'] {
  const { store } = decoder
  return (found, kafkaTimestamp, ingestedAt = Date.now()) => {
    const event = decoder.decode(found)
    if (event instanceof ValidationIssue) {
      const isWhole = event.path === '' && event.code === 'FIELD_TYPE'
      return rejected(isWhole ? new ValidationIssue('NOT_AN_OBJECT', event.message) : event)
    }
    const at = (event as Record<string, unknown>)[eventTime] as bigint
    // Microseconds of any event time within three centuries are exact as a double.
    if (Number(at) > latestEventTime(kafkaTimestamp, ingestedAt)) {
      const isMeasure = isPlausible(kafkaTimestamp, ingestedAt)
      const measure = isMeasure ? kafkaTimestamp : ingestedAt
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

function isPlausible(kafkaTimestamp: number | null, ingestedAt: number): kafkaTimestamp is number {
  return kafkaTimestamp !== null && kafkaTimestamp >= 0 && kafkaTimestamp <= ingestedAt + implausiblyAheadMs
}

/** The latest time, in microseconds, that an event can have that came with that timestamp of Kafka's (both in ms). */
export function latestEventTime(kafkaTimestamp: number | null, ingestedAt: number): number {
  return ((isPlausible(kafkaTimestamp, ingestedAt) ? kafkaTimestamp : ingestedAt) + maxAheadMs) * 1000
}

type ValidRow = Extract<ParseOutcome, { valid: true }>['row']

/** The same decoder, with an issue where it throws; what it gives is counted. */
export function guarded(
  decode: (value: Uint8Array) => unknown,
): (value: Uint8Array, undeclared?: UndeclaredCounter) => unknown {
  return (value, undeclared) => {
    try {
      const found = decode(value)
      undeclared?.count(found)
      return found
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
