import { StorageError, type StorageErrorCode } from '../storageError.js'

/** What a fault can strike: the store's operations, and the two that an upload's writer has. */
export const storageOperations = [
  'get',
  'head',
  'put',
  'putIfAbsent',
  'create',
  'write',
  'close',
  'list',
  'delete',
] as const

/** One of {@link storageOperations}. */
export type StorageOperation = (typeof storageOperations)[number]

/** What goes wrong, the way real storage goes wrong. */
export type Fault =
  /** Nothing happens; the caller gets an error. Retryable and not ambiguous unless given. */
  | {
      readonly kind: 'fail'
      readonly code?: StorageErrorCode
      readonly retryable?: boolean
      readonly ambiguous?: boolean
    }
  /** It happens; the caller gets an ambiguous, retryable error: a connection cut after the server was done. */
  | { readonly kind: 'loseAnswer' }
  /** It happens, and a put-if-absent answers `exists`: a layer below tried again and met its own first write. */
  | { readonly kind: 'meetOwnWrite' }
  /** It happens, later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Something else happens first, such as a competitor's commit. */
  | { readonly kind: 'interleave'; readonly first: () => Promise<void> | void }

/** Which calls a fault strikes, and how often. */
export interface FaultRule {
  readonly on: StorageOperation | readonly StorageOperation[]
  /** Which objects; for a listing, its prefix. Paths are those of the outermost store. All when absent. */
  readonly path?: ((path: string) => boolean) | undefined
  readonly fault: Fault
  /** How many matching calls pass unharmed first; 0 when absent. */
  readonly after?: number | undefined
  /** How many matching calls are struck; 1 when absent. */
  readonly times?: number | undefined
  /** Strikes a matching call with this chance; always when absent. */
  readonly chance?: number | undefined
}

interface ArmedRule {
  readonly rule: FaultRule
  toPass: number
  left: number
}

/**
 * A plan of what goes wrong, in rules that are used up as they strike; given to a store before or while it is used.
 *
 * ```ts
 * const faults = new Faults()
 * const store = new FaultyStore(new MemoryStore(), faults)
 * faults.add({ on: 'putIfAbsent', path: p => p.endsWith('5.json'), fault: { kind: 'loseAnswer' } })
 * ```
 */
export class Faults {
  #armed: ArmedRule[] = []
  readonly #random: () => number
  #struck = 0

  /** @param random numbers in [0, 1) for rules with a `chance`; give a seeded one to be able to repeat a run */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** How many calls were struck so far. */
  get struck(): number {
    return this.#struck
  }

  add(rule: FaultRule): this {
    this.#armed.push({ rule, toPass: rule.after ?? 0, left: rule.times ?? 1 })
    return this
  }

  clear(): void {
    this.#armed = []
  }

  /** The fault for this call, if any: that of the first rule that matches and is not used up. Counts it as struck. */
  take(operation: StorageOperation, path: string): Fault | undefined {
    for (const armed of this.#armed) {
      if (armed.left === 0 || !matches(armed.rule, operation, path)) continue
      if (armed.toPass > 0) {
        armed.toPass--
        continue
      }
      if (armed.rule.chance !== undefined && this.#random() >= armed.rule.chance) continue
      armed.left--
      this.#struck++
      return armed.rule.fault
    }
    return undefined
  }
}

function matches(rule: FaultRule, operation: StorageOperation, path: string): boolean {
  const on = typeof rule.on === 'string' ? rule.on === operation : rule.on.includes(operation)
  return on && (rule.path === undefined || rule.path(path))
}

/** The error of a `fail` fault. */
export function faultError(
  fault: Extract<Fault, { kind: 'fail' }>,
  operation: StorageOperation,
  path: string,
): StorageError {
  return new StorageError(
    fault.code ?? 'STORAGE_UNAVAILABLE',
    `Planned fault: ${operation} of ${path} did not happen.`,
    {
      data: { operation, path },
      retryable: fault.retryable ?? true,
      ambiguous: fault.ambiguous ?? false,
    },
  )
}

/** The error of a `loseAnswer` fault. */
export function lostAnswer(operation: StorageOperation, path: string): StorageError {
  return new StorageError('STORAGE_TIMEOUT', `Planned fault: the answer to ${operation} of ${path} was lost.`, {
    data: { operation, path },
    retryable: true,
    ambiguous: true,
  })
}
