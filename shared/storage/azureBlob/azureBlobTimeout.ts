import { StorageError } from '../storageError.js'
import { TornAnswer } from './tornAnswer.js'

/** How long a request is waited for, in milliseconds. */
export interface TimeoutLimits {
  /** For an operation with all its tries; what it moves adds ten seconds per megabyte. */
  readonly deadlineMs: number
  /** Without a byte going or coming in one try. */
  readonly silenceMs: number
}

/** What of the limits is said; the rest has a default. */
export interface TimeoutOptions {
  /** Milliseconds an operation may take, its retries included; what it moves adds ten seconds per megabyte. 60,000 when absent. */
  readonly deadlineMs?: number | undefined
  /** Milliseconds without a byte after which a try is given up; a quarter of the deadline when absent. */
  readonly silenceMs?: number | undefined
}

const defaultDeadlineMs = 60_000
/** A silent connection leaves time for others. */
const silenceShare = 4
const msPerByte = 1 / 100

/** The limits with their defaults. */
export function timeoutLimits({ deadlineMs = defaultDeadlineMs, silenceMs }: TimeoutOptions): TimeoutLimits {
  return { deadlineMs, silenceMs: silenceMs ?? deadlineMs / silenceShare }
}

/** Milliseconds for an operation that moves so many bytes, with all its tries. */
export const allowedMs = ({ deadlineMs }: TimeoutLimits, bytes: number): number => deadlineMs + bytes * msPerByte

/** One try of a request. */
export interface Try {
  /** Fires when nothing was heard for too long, or the time of the whole operation is over. */
  readonly signal: AbortSignal
  /**
   * Something came or went. Bytes that need not come again count as a success: the tries are counted from the start
   * again.
   */
  readonly heard: (kept?: number) => void
  /** The operation moves so many bytes, which was not known before. */
  readonly moves: (bytes: number) => void
}

/** Nothing was heard for too long. */
export class NoAnswer extends Error {
  override readonly name = 'TimeoutError'
}

/** Runs a request that must not be repeated here, as put-if-absent: whoever sent it settles an answer that is lost. */
export function once<T>(limits: TimeoutLimits, bytes: number, act: (attempt: Try) => Promise<T>): Promise<T> {
  const until = performance.now() + allowedMs(limits, bytes)
  return oneTry({ silenceMs: limits.silenceMs, left: () => until - performance.now() }, {}, act)
}

interface TryLimits {
  readonly silenceMs: number
  /** Milliseconds that the operation still has. */
  readonly left: () => number
}

interface Listener {
  readonly kept?: () => void
  readonly moves?: (bytes: number) => void
}

/**
 * Runs one try, and gives it up after too long a silence.
 *
 * @throws NoAnswer, TornAnswer, or what the SDK throws of an answer
 */
export async function oneTry<T>(
  { silenceMs, left }: TryLimits,
  listener: Listener,
  act: (attempt: Try) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abort = () => {
    controller.abort()
  }
  const arm = () => setTimeout(abort, Math.max(1, Math.min(silenceMs, left())))
  let timer = arm()
  const attempt: Try = {
    signal: controller.signal,
    heard(kept = 0) {
      if (kept > 0) listener.kept?.()
      clearTimeout(timer)
      if (!controller.signal.aborted) timer = arm()
    },
    moves: bytes => listener.moves?.(bytes),
  }
  try {
    return await act(attempt)
  } catch (error) {
    if (controller.signal.aborted && !(error instanceof StorageError))
      throw new NoAnswer('no answer in time', { cause: error })
    // The SDK reports a connection that breaks inside an answer as an abort, which nobody asked for.
    if (error instanceof Error && error.name === 'AbortError') throw new TornAnswer(error)
    throw error
  } finally {
    clearTimeout(timer)
  }
}
