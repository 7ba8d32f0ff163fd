import type { EventGenerator, GeneratedEvent } from './eventGenerator.js'
import { uuidOf } from './uuidOf.js'

/** The kinds of broken events, one as frequent as the other. */
const brokenKinds = ['notJson', 'missingField', 'badType', 'notFinite', 'futureTime', 'notUtf8'] as const

type BrokenKind = (typeof brokenKinds)[number]

interface EventType {
  readonly name: string
  /** Share of the events, up to and with this type. */
  readonly upTo: number
  readonly mean: number
  readonly spread: number
}

const eventTypes: readonly EventType[] = [
  { name: 'click', upTo: 0.5, mean: 2_000, spread: 300 },
  { name: 'view', upTo: 0.8, mean: 300, spread: 60 },
  { name: 'purchase', upTo: 0.95, mean: 8_000, spread: 2_000 },
  { name: 'sign_up', upTo: 1, mean: 50, spread: 10 },
]

/** Events of the stream that ships, with values like those its model knows. */
export function sampleEvents(): EventGenerator {
  return new SampleEvents()
}

class SampleEvents implements EventGenerator {
  readonly brokenKinds = brokenKinds
  #isoSecond = NaN
  #isoPrefix = ''

  event(id: number, time: number, random: () => number, anomalies: number): GeneratedEvent {
    const draw = random()
    const type = eventTypes.find(({ upTo }) => draw < upTo) as EventType
    const isAnomaly = random() * 100 < anomalies
    const usual = type.mean + (random() + random() + random() - 1.5) * 2 * type.spread
    const value = isAnomaly ? type.mean * (8 + Math.floor(random() * 12)) : usual
    const key = uuidOf(id)
    const json = this.#json(key, type.name, this.#iso(time), String(Math.round(value)))
    return { key: Buffer.from(key), value: Buffer.from(json), isAnomaly, isRepeat: false }
  }

  broken(kind: BrokenKind, id: number, timestamp: number): { key: Uint8Array; value: Uint8Array } {
    const key = uuidOf(id)
    return { key: Buffer.from(key), value: this.#brokenValue(kind, key, timestamp) }
  }

  #json(id: string, type: string, timestamp: string, value: string): string {
    return `{"event_id":"${id}","event_type":"${type}","timestamp":"${timestamp}","value":"${value}"}`
  }

  #brokenValue(kind: BrokenKind, id: string, timestamp: number): Uint8Array {
    const time = this.#iso(timestamp)
    switch (kind) {
      case 'notJson':
        return Buffer.from(this.#json(id, 'click', time, '1').slice(0, -2))
      case 'missingField':
        return Buffer.from(`{"event_id":"${id}","timestamp":"${time}","value":"1"}`)
      case 'badType':
        return Buffer.from(`{"event_id":"${id}","event_type":"click","timestamp":"${time}","value":[1]}`)
      case 'notFinite':
        return Buffer.from(this.#json(id, 'click', time, 'NaN'))
      case 'futureTime':
        return Buffer.from(this.#json(id, 'click', this.#iso(timestamp + 86_400_000), '1'))
      case 'notUtf8':
        return Buffer.concat([
          Buffer.from(`{"event_id":"${id}","event_type":"`),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('"}'),
        ])
    }
  }

  /** As `Date.toISOString`, which is only asked once a second. */
  #iso(time: number): string {
    const second = Math.floor(time / 1_000)
    if (second !== this.#isoSecond) {
      this.#isoSecond = second
      this.#isoPrefix = new Date(second * 1_000).toISOString().slice(0, 20)
    }
    return `${this.#isoPrefix}${String(time - second * 1_000).padStart(3, '0')}Z`
  }
}
