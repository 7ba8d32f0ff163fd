import { setTimeout as sleep } from 'node:timers/promises'

import type { Kafka, Producer } from 'kafkajs'

/** Partitions of the topic `events`. */
export const partitions = 4

/** Events to one of its partitions each, whose keys it keeps; 1 % are written twice, 1 % are broken. */
export class EventWriter {
  readonly keys = new Set<string>()
  readonly #client: Kafka
  readonly #random: () => number

  constructor(client: Kafka, random: () => number) {
    this.#client = client
    this.#random = random
  }

  /** Writes so many while the broker is there. */
  async write(count: number): Promise<void> {
    const producer = await this.#connected()
    await this.#send(producer, count)
    await producer.disconnect()
  }

  /** Writes without a pause until told to stop. */
  start(first: number): { stop(): Promise<void> } {
    const state = { running: true }
    const done = (async () => {
      const producer = await this.#connected()
      await this.#send(producer, first)
      while (state.running) {
        await this.#send(producer, 300)
        await sleep(30)
      }
      await producer.disconnect()
    })()
    return {
      async stop() {
        state.running = false
        await done
      },
    }
  }

  async #connected(): Promise<Producer> {
    const producer = this.#client.producer({ idempotent: true })
    await producer.connect()
    return producer
  }

  async #send(producer: Producer, count: number): Promise<void> {
    const { keys } = this
    const random = this.#random
    const messages = Array.from({ length: count }, () => {
      const partition = Math.floor(random() * partitions)
      if (random() < 0.01) return { partition, value: '{"event_id":' }
      const id = random() < 0.01 && keys.size > 0 ? String(Math.floor(random() * keys.size)) : String(keys.size)
      keys.add(id)
      const event = { event_id: id, event_type: 'click', timestamp: new Date().toISOString(), value: id }
      return { partition, value: JSON.stringify(event) }
    })
    await producer.send({ topic: 'events', messages })
  }
}
