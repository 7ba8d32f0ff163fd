import type { z } from 'zod'

import type { Row, StructField } from '../types/index.js'
import type { ContractField } from './contractField.js'
import type { Rejection } from './rejectionCodes.js'
import type { Retention } from './retention.js'
import type { StreamFormat } from './streamFormat.js'
import type { StreamModel } from './streamModel.js'
import type { UndeclaredCounter } from './undeclared/index.js'

/** What happens to a record that does not fulfil an expectation: see `StreamDeclaration.expectations`. */
export const expectationActions = ['warn', 'quarantine', 'drop', 'fail'] as const

/** One of {@link expectationActions}. */
export type ExpectationAction = (typeof expectationActions)[number]

/** A record's row, by the names of the contract's columns, or why the record is rejected. */
export type ParseOutcome = (
  | { readonly valid: true; readonly row: Row }
  | {
      readonly valid: false
      readonly rejection: Rejection
      /** It may not be passed at all: an expectation that says `fail` is not fulfilled. */
      readonly stops?: true | undefined
    }
) & {
  /** Expectations that say `warn` and are not fulfilled; absent when there is none. */
  readonly warnings?: readonly string[] | undefined
}

/** Where a partition that was never ingested begins: its log's start, its end, or the first record at a time (ms). */
export type StartFrom = 'earliest' | 'latest' | { readonly timestamp: number }

/** A declared stream with everything that follows from its declaration. Made by `defineStream`. */
export interface Stream {
  /** Names the tables: bronze/<name>, silver/<name>, gold/<name>_scored, gold/<name>_summary, gold/<name>_drift. */
  readonly name: string
  readonly topic: string
  /** The contract's columns in declared order, nullable as declared. */
  readonly columns: readonly StructField[]
  /** The same by all names under which they are read. */
  readonly fields: readonly ContractField[]
  /** The field that makes two events the same. Never null. */
  readonly key: string
  /** The timestamp field that says when the event happened. Never null. */
  readonly eventTime: string
  readonly allowedLatenessMs: number
  /** How far apart in event time two events of one key can be and still be duplicates. */
  readonly dedupeWithinMs: number
  /** For how long rows are kept. */
  readonly retention: Retention
  readonly clusterBy: readonly string[]
  readonly startFrom: StartFrom
  /** How values are written. */
  readonly format: StreamFormat
  /** `string` for JSON text, `binary` for everything else: how the trigger passes values. */
  readonly dataType: 'string' | 'binary'
  /** What was declared; for tools that need more of it than the columns. */
  readonly schema: z.ZodObject
  /** Names of the expectations, in declared order; each is counted, zeros too. */
  readonly expectations: readonly string[]
  /** What happens where they are not fulfilled, by name. */
  readonly actions: ReadonlyMap<string, ExpectationAction>
  /** Whether a `where` keeps rows out of silver. */
  readonly isFiltered: boolean
  /** What scores its events; `undefined` for a stream that is summarised only. */
  readonly model: StreamModel | undefined
  /**
   * Reads one record's value: JSON text, or what the declaration itself decodes. Never throws: a bad record is an
   * outcome. Values of another `format` are read by the stream that `ValueFormats` of shared/sources makes of this one.
   * @param kafkaTimestamp milliseconds; an event time more than an hour after it is rejected. Null, below zero or years
   * ahead it says nothing, and the time of ingestion stands in for it
   * @param ingestedAt milliseconds; the machine's clock when absent
   * @param undeclared of this stream's fields: counts the fields that the value has, valid or not, and the contract lacks
   */
  parse(
    value: Uint8Array,
    kafkaTimestamp: number | null,
    ingestedAt?: number,
    undeclared?: UndeclaredCounter,
  ): ParseOutcome
  /**
   * Validates what a record's value was decoded to: an object as JSON would have it, in which whole numbers may be bigint,
   * bytes `Uint8Array` and times `DecodedTime`. Otherwise as `parse`.
   */
  validate(found: unknown, kafkaTimestamp: number | null, ingestedAt?: number): ParseOutcome
  /**
   * For who reads JSON text without `parse`, exactly as it would: what an event must fulfil beyond its types, and what
   * that is made of. Undefined where something else reads the values; it holds for no other `parse` than its own.
   */
  readonly json?:
    | {
        readonly parse: Stream['parse']
        /** Undefined for an event that fulfils all. */
        readonly rules: (event: unknown) => unknown
        readonly predicates: readonly ((event: unknown) => boolean)[]
      }
    | undefined
  /**
   * The key that a value says it has, as text, whether or not the rest of it is valid; undefined when it cannot be read
   * or has none. Never throws.
   */
  keyOf(value: Uint8Array): string | undefined
}
