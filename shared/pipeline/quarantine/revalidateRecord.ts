import type { Rejection, Stream } from '../../contract/index.js'
import { asError } from '../../errors.js'
import type { ScalarExpression } from '../../query/index.js'
import type { Row } from '../../types/index.js'
import type { WholeRecord } from './wholeRecords.js'

/** Why a record stays in quarantine: the contract's reason, or that the fix could not be applied to it. */
export interface Remaining extends Omit<Rejection, 'code'> {
  readonly code: Rejection['code'] | 'FIX_FAILED'
}

/** A stream, and the same with a `parse` that reads the stored values. */
export interface RevalidatedStream {
  readonly stream: Stream
  readonly readable: Stream
}

/** What today's contract says of a quarantined record. */
export type Revalidation =
  { readonly valid: true; readonly row: Row } | { readonly valid: false; readonly rejection: Remaining }

/**
 * Validates a record's stored bytes, mended by `fix` if there is one: a fix gives JSON, whatever the stream's format. Bytes that bronze does not keep, or cannot tell
 * apart into a value, stay rejected for the reason they had.
 */
export async function revalidateRecord(
  { stream, readable }: RevalidatedStream,
  record: WholeRecord,
  fix: ScalarExpression | undefined,
): Promise<Revalidation> {
  const { value, reason, field, message } = record
  if (value === null || (reason === 'RECORD_DAMAGED' && fix === undefined))
    return { valid: false, rejection: { code: reason as Rejection['code'], path: field, message } }
  if (fix === undefined) return parsed(readable, record, value)
  const mended = await fix.evaluate(value)
  if (mended.kind === 'failed') return failed(mended.why)
  return mended.bytes === null ? failed('the fix gives NULL') : parsed(stream, record, mended.bytes)
}

function failed(message: string): Revalidation {
  return { valid: false, rejection: { code: 'FIX_FAILED', path: '', message } }
}

/** What the contract says; where it throws, that is what it says. */
function parsed(stream: Stream, { timestamp, ingestedAt }: WholeRecord, value: Uint8Array): Revalidation {
  try {
    const outcome = stream.parse(value, timestamp === null ? null : milliseconds(timestamp), milliseconds(ingestedAt))
    return outcome.valid ? { valid: true, row: outcome.row } : { valid: false, rejection: outcome.rejection }
  } catch (error) {
    const message = `the value cannot be validated: ${asError(error).message}`
    return { valid: false, rejection: { code: 'NOT_DECODED', path: '', message } }
  }
}

const milliseconds = (micros: bigint) => Math.floor(Number(micros) / 1000)
