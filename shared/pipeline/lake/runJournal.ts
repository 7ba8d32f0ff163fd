import { randomUUID } from 'node:crypto'

import type { Clock } from '../../clock.js'
import { asError } from '../../errors.js'
import type { ObjectStore } from '../../storage/index.js'
import { encodeRun, type Logger, type RunRecord } from '../../telemetry/index.js'

/** Folder of the lake in which runs that committed nothing wait for the monitor. Hidden from every table reader. */
export const journalFolder = '_runs/'

/**
 * Runs whose record travels in no commit, gathered and written down together: a step that finds nothing to do a
 * thousand times a day is not worth a thousand commits. Best effort: a process that is killed loses what it had
 * gathered, and nothing else depends on it.
 */
export class RunJournal {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #everyMs: number
  #records: RunRecord[] = []
  #since = 0

  /** @param everyMs how long records may be gathered before they are written */
  constructor(store: ObjectStore, clock: Clock, log: Logger, everyMs = 30_000) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#everyMs = everyMs
  }

  async add(record: RunRecord): Promise<void> {
    if (this.#records.length === 0) this.#since = this.#clock.monotonic()
    this.#records.push(record)
    if (this.#clock.monotonic() - this.#since >= this.#everyMs) await this.flush()
  }

  /** Writes what was gathered. Never throws. */
  async flush(): Promise<void> {
    const records = this.#records
    if (records.length === 0) return
    this.#records = []
    const lines = records.map(record => JSON.stringify(encodeRun(record))).join('\n')
    const name = `${journalFolder}${String(this.#clock.now()).padStart(15, '0')}-${randomUUID()}.jsonl`
    try {
      await this.#store.put(name, new TextEncoder().encode(lines))
    } catch (error) {
      this.#log.warn('Runs that committed nothing could not be recorded.', {
        runs: records.length,
        error: asError(error).message,
      })
    }
  }
}
