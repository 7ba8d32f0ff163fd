import { type Draw, type ParseOutcome, type Sampler, samplerOf, type Stream } from '../../contract/index.js'
import { dayMs } from '../../types/index.js'
import type { EventGenerator, GeneratedEvent, SyntheticGenerator } from './eventGenerator.js'
import { uuidOf } from './uuidOf.js'

/** Draws after which a contract counts as one that nothing drawn fulfils. */
const maxDraws = 2_000

type JsonEvent = Record<string, unknown>

/** Events drawn from a contract: what its types, bounds, patterns and expectations accept. */
export function contractEvents(stream: Stream): SyntheticGenerator {
  const generator = new ContractEvents(stream)
  const why = generator.trial()
  return why === undefined ? { kind: 'generator', generator } : { kind: 'none', why }
}

class ContractEvents implements EventGenerator {
  readonly #stream: Stream
  readonly #sample: Sampler
  readonly #seen = new Set<string>()
  #brokenKinds: readonly string[] = []

  constructor(stream: Stream) {
    this.#stream = stream
    this.#sample = samplerOf(stream.schema)
  }

  get brokenKinds(): readonly string[] {
    return this.#brokenKinds
  }

  /** Tries the contract out. @returns why no event of it can be made */
  trial(): string | undefined {
    const time = Date.UTC(2025, 3, 1, 12)
    let state = 1
    const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
    const made = this.#draw(1, { random, time })
    if ('valid' in made) {
      const { path, message } = made.rejection
      return `none of ${maxDraws} events drawn for ${this.#stream.name} fulfils its contract (${path === '' ? '' : `${path}: `}${message})`
    }
    const kinds = ['notJson', 'missingField', 'badType', 'notFinite', 'futureTime', 'notUtf8']
    this.#brokenKinds = kinds.filter(kind => {
      const value = this.#brokenValue(kind, made.event, time)
      return value !== undefined && !this.#stream.parse(value, time).valid
    })
    return undefined
  }

  event(id: number, time: number, random: () => number): GeneratedEvent {
    const made = this.#draw(id, { random, time })
    if ('valid' in made) throw new Error(`No event of ${this.#stream.name} could be drawn: ${made.rejection.message}`)
    const key = keyText(made.event[this.#stream.key])
    const isRepeat = this.#seen.has(key)
    this.#seen.add(key)
    return { key: Buffer.from(key), value: encode(made.event), isAnomaly: false, isRepeat }
  }

  broken(kind: string, id: number, timestamp: number, random: () => number): { key: Uint8Array; value: Uint8Array } {
    const made = this.#draw(id, { random, time: timestamp })
    const event = 'valid' in made ? {} : made.event
    return {
      key: Buffer.from(keyText(event[this.#stream.key])),
      value: this.#brokenValue(kind, event, timestamp) ?? encode(event).subarray(0, -1),
    }
  }

  #draw(id: number, draw: Draw): { readonly event: JsonEvent } | Extract<ParseOutcome, { valid: false }> {
    const { key, eventTime } = this.#stream
    let rejected: Extract<ParseOutcome, { valid: false }> | undefined
    for (let n = 0; n < maxDraws; n++) {
      const drawn = this.#sample(draw) as JsonEvent
      const event: JsonEvent = { ...drawn, [eventTime]: new Date(draw.time).toISOString() }
      for (const value of [...this.#keysOf(id), drawn[key]]) {
        const tried = key === eventTime ? event : { ...event, [key]: value }
        const outcome = this.#stream.parse(encode(tried), draw.time)
        if (outcome.valid) return { event: tried }
        rejected = outcome
        if (outcome.rejection.path !== key) break
      }
    }
    return rejected as Extract<ParseOutcome, { valid: false }>
  }

  /** Keys that distinguish an id from others, the most usual first; which of them the contract takes is tried. */
  #keysOf(id: number): readonly unknown[] {
    const type = this.#stream.columns.find(column => column.name === this.#stream.key)?.type
    const text = String(id)
    switch (type) {
      case 'string':
        return [uuidOf(id), text, text.padStart(8, '0'), text.padStart(20, '0')]
      case 'integer':
        return [id % 2 ** 31]
      case 'date':
        return [new Date((id % 50_000) * dayMs).toISOString().slice(0, 10)]
      case 'timestamp':
        return [new Date(id % 2e12).toISOString()]
      case 'timestamp_ntz':
        return [new Date(id % 2e12).toISOString().slice(0, -1)]
      default:
        return [id]
    }
  }

  #brokenValue(kind: string, event: JsonEvent, timestamp: number): Uint8Array | undefined {
    const { columns, key, eventTime } = this.#stream
    const required = columns.find(c => !c.nullable && c.name !== key && c.name !== eventTime)?.name ?? eventTime
    switch (kind) {
      case 'notJson':
        return encode(event).subarray(0, -2)
      case 'missingField':
        return encode(Object.fromEntries(Object.entries(event).filter(([name]) => name !== required)))
      case 'badType':
        return encode({ ...event, [required]: [[{}]] })
      case 'notFinite': {
        const number = columns.find(c => c.type === 'double' || c.type === 'float')?.name
        return number === undefined ? undefined : encode({ ...event, [number]: 'NaN' })
      }
      case 'futureTime':
        return encode({ ...event, [eventTime]: new Date(timestamp + dayMs).toISOString() })
      default: {
        const bytes = encode({ ...event, [key]: '\u0001' })
        return Buffer.from(bytes.toString('latin1').replace('\\u0001', '\u00ff\u00fe'), 'latin1')
      }
    }
  }
}

function encode(event: JsonEvent): Buffer {
  return Buffer.from(JSON.stringify(event))
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? key : JSON.stringify(key ?? null)
}
