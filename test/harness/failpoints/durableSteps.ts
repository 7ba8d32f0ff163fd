import { type Fault, Faults, type StorageOperation } from '../../../shared/storage/faults/index.js'
import type { Random } from '../../random.js'
import { callingSite } from './writeSites.js'

/** What is left behind in storage, by what it is called there: each is a place where a process can die. */
const patterns: readonly (readonly [string, RegExp])[] = [
  ['commit', /(^|\/)_delta_log\/\d{20}\.json$/],
  ['version checksum', /(^|\/)_delta_log\/\d{20}\.crc$/],
  ['compacted log', /(^|\/)_delta_log\/\d{20}\.\d{20}\.compacted\.json$/],
  ['checkpoint', /(^|\/)_delta_log\/(\d{20}\.checkpoint[^/]*\.(parquet|json)|_sidecars\/[^/]+\.parquet)$/],
  ['last checkpoint', /(^|\/)_delta_log\/_last_checkpoint$/],
  ['key index', /(^|\/)_key_index\//],
  ['deletion vector', /(^|\/)deletion_vector_[^/]+\.bin$/],
  ['change data', /(^|\/)_change_data\//],
  ['data file', /^(?!_)(?!.*\/_).*\.parquet$/],
  ['journal', /^_runs\//],
  ['overview', /^_overview\//],
  ['alerts', /^_alerts\//],
  ['pause', /^_paused\//],
  ['model', /^(models|model_cache)\//],
]

/** Their names, those of tables first. */
export const durableSteps: readonly string[] = patterns.map(([name]) => name)

const writes: readonly StorageOperation[] = ['put', 'putIfAbsent', 'close', 'delete']

/** The durable step that a write is, such as `commit by putIfAbsent`; undefined for one that this list does not know. */
export function durableStepOf(operation: StorageOperation, path: string): string | undefined {
  const name = patterns.find(([, pattern]) => pattern.test(path))?.[0]
  return name === undefined ? undefined : `${name} by ${operation}`
}

/** A write that took place. */
export interface SeenWrite {
  /** Undefined where it is none that is known. */
  readonly step: string | undefined
  readonly path: string
}

/** Lets everything pass and keeps every write, in order, and from where in the code it came. */
export class WriteRecord extends Faults {
  readonly seen: SeenWrite[] = []
  readonly sites = new Set<string>()

  /** Writes of no step that is known. */
  get unknown(): readonly string[] {
    return this.seen.filter(({ step }) => step === undefined).map(({ path }) => path)
  }

  override take(operation: StorageOperation, path: string): Fault | undefined {
    const isUpload = operation === 'create'
    if (writes.includes(operation)) this.seen.push({ step: durableStepOf(operation, path), path })
    const site = isUpload || writes.includes(operation) ? callingSite() : undefined
    if (site !== undefined) this.sites.add(site)
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

/** A kind of write, which of them, and whether it takes effect. */
export type DeathAt = readonly [step: string, n: number, when: 'before' | 'after']

/** Of deletions, which come in crowds, the first, the last and some between are enough. */
const mostDeletions = 6

/** Every death that the writes allow; in the short form one of each kind, or of so many kinds, which are drawn. */
export function deathsOf(
  seen: readonly SeenWrite[],
  { isWhole, random, most }: { readonly isWhole: boolean; readonly random: Random; readonly most?: number },
): readonly DeathAt[] {
  const kinds = [...Map.groupBy(seen, ({ step = '' }) => step)]
  if (isWhole)
    return kinds.flatMap(([step, { length }]) =>
      places(step, length).flatMap((n): DeathAt[] => [
        [step, n, 'before'],
        [step, n, 'after'],
      ]),
    )
  while (kinds.length > (most ?? Infinity)) kinds.splice(random.below(kinds.length), 1)
  return kinds.map(([step, { length }]) => [step, random.below(length), random.pick(['before', 'after'])])
}

function places(step: string, count: number): readonly number[] {
  if (!step.endsWith('by delete') || count <= mostDeletions) return Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: mostDeletions }, (_, i) => Math.round((i * (count - 1)) / (mostDeletions - 1)))
}
