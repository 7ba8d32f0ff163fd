import { asError } from '../../errors.js'
import type { Logger } from '../logger.js'
import { redact } from '../redaction.js'
import type { RunListener } from '../runListener.js'

/** The listener with its own defects kept from the runs: the first is in the log, and no run knows of any. */
export function bestEffort(listener: RunListener, log: Logger): RunListener {
  let isKnown = false
  const guarded = (work: () => void) => {
    try {
      work()
    } catch (thrown) {
      if (!isKnown) log.warn('What is told of runs is incomplete.', { error: redact(asError(thrown).message) })
      isKnown = true
    }
  }
  return {
    followsSources: listener.followsSources,
    started: run => {
      guarded(() => listener.started?.(run))
    },
    ended: (run, written) => {
      guarded(() => listener.ended?.(run, written))
    },
    observed: rows => {
      guarded(() => listener.observed?.(rows))
    },
    close: () => listener.close?.() ?? Promise.resolve(),
  }
}
