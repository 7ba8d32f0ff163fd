import type { Stream } from '../../contract/index.js'
import type { StepReport } from '../step/index.js'
import type { EncodedRows } from './encode.js'

/** What the contract's rules did to the records of a run. */
export class RuleCounts {
  readonly #expectations: Map<string, number>
  readonly #kinds = { quarantined: 0, dropped: 0, filtered: 0 }

  constructor(stream: Pick<Stream, 'expectations'>) {
    this.#expectations = new Map(stream.expectations.map(name => [name, 0]))
  }

  /** Takes in what a commit has. */
  add({ ranges, failedExpectations }: Pick<EncodedRows, 'ranges' | 'failedExpectations'>): void {
    for (const { counts } of ranges) {
      this.#kinds.quarantined += counts.quarantined
      this.#kinds.dropped += counts.dropped
      this.#kinds.filtered += counts.filtered
    }
    for (const [name, n] of Object.entries(failedExpectations))
      this.#expectations.set(name, (this.#expectations.get(name) ?? 0) + n)
  }

  /** For the run's report: by expectation how many records do not fulfil it, zeros too. */
  get detail(): StepReport['detail'] {
    const expectations = JSON.stringify(Object.fromEntries(this.#expectations))
    return { ...this.#kinds, ...(this.#expectations.size === 0 ? {} : { expectations }) }
  }
}
