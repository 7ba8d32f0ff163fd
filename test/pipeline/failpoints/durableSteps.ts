import { type Fault, Faults, type StorageOperation } from '../../../shared/storage/faults/index.js'

/** What a step leaves behind in storage, by what it is called there: each is a place where a process can die. */
const durableSteps: readonly (readonly [string, RegExp])[] = [
  ['commit', /\/_delta_log\/\d{20}\.json$/],
  ['version checksum', /\/_delta_log\/\d{20}\.crc$/],
  ['checkpoint', /\/_delta_log\/(\d{20}\.checkpoint[^/]*\.parquet|_sidecars\/[^/]+\.parquet)$/],
  ['last checkpoint', /\/_delta_log\/_last_checkpoint$/],
  ['key index', /\/_key_index\//],
  ['deletion vector', /\/deletion_vector_[^/]+\.bin$/],
  ['data file', /^(?!_)(?!.*\/_).*\.parquet$/],
  ['journal', /^_runs\//],
  ['overview', /^_overview\//],
  ['alerts', /^_alerts\//],
  ['model', /^models\//],
]

const writes: readonly StorageOperation[] = ['put', 'putIfAbsent', 'close', 'delete']

/** The durable step that a write is, such as `commit by putIfAbsent`; undefined for one that this list does not know. */
export function durableStepOf(operation: StorageOperation, path: string): string | undefined {
  const name = durableSteps.find(([, pattern]) => pattern.test(path))?.[0]
  return name === undefined ? undefined : `${name} by ${operation}`
}

/** A write that took place. */
export interface SeenWrite {
  /** Undefined where it is none that is known. */
  readonly step: string | undefined
  readonly path: string
}

/** Lets everything pass and keeps every write, in order: the code's own list of what it makes durable. */
export class WriteRecord extends Faults {
  readonly seen: SeenWrite[] = []

  override take(operation: StorageOperation, path: string): Fault | undefined {
    if (writes.includes(operation)) this.seen.push({ step: durableStepOf(operation, path), path })
    return undefined
  }
}

/** The process dies at the n-th write of one durable step, before it takes effect or after; nothing later reaches the store. */
export class Kill extends Faults {
  readonly #step: string
  readonly #n: number
  readonly #when: 'before' | 'after'
  #passed = 0
  isDead = false

  constructor(step: string, n: number, when: 'before' | 'after') {
    super()
    this.#step = step
    this.#n = n
    this.#when = when
  }

  override take(operation: StorageOperation, path: string): Fault | undefined {
    const dead: Fault = { kind: 'fail', retryable: false }
    if (this.isDead) return dead
    if (!writes.includes(operation) || durableStepOf(operation, path) !== this.#step) return undefined
    if (this.#passed++ < this.#n) return undefined
    this.isDead = true
    return this.#when === 'before' ? dead : { kind: 'loseAnswer' }
  }
}
