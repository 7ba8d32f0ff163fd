import { openSource, type ProducedRecord } from '../../../shared/sources/index.js'
import { uuidOf } from '../../../shared/sources/synthetic/index.js'
import { keyOwner } from '../keyOwner.js'

/** One type in five is not ASCII. */
const types = ['click', 'view', 'purchase', 'sign_up', 'größe_gewählt'] as const

/** Event `id` of the topic, always the same but for its time. */
export function peersRecord(id: number, time: number): ProducedRecord {
  const key = uuidOf(keyOwner(id))
  const event = {
    event_id: key,
    event_type: types[id % types.length],
    timestamp: new Date(time).toISOString(),
    value: String((id * 7_919) % 10_000),
  }
  return { key: Buffer.from(key), value: Buffer.from(JSON.stringify(event)), timestamp: time }
}

/** Fills a topic, lz4; a millisecond from event to event, the last one now. */
export async function fillTopic(brokers: string, topic: string, rows: number): Promise<void> {
  await producing(brokers, async produce => {
    const [batch, first] = [5_000, Date.now() - rows]
    for (let done = 0; done < rows; done += batch) {
      const ids = Array.from({ length: Math.min(batch, rows - done) }, (_, i) => done + i)
      await produce(
        topic,
        ids.map(id => peersRecord(id, first + id)),
      )
    }
  })
}

/**
 * Sends events of now at a steady rate, in tenths of a second.
 *
 * @returns how many
 */
export async function sendSteadily(brokers: string, topic: string, rate: number, seconds: number): Promise<number> {
  let sent = 0
  await producing(brokers, async produce => {
    const began = performance.now()
    for (let beat = 1; beat <= seconds * 10; beat++) {
      await new Promise(resolve => setTimeout(resolve, began + beat * 100 - performance.now()))
      const now = Date.now()
      const ids = Array.from({ length: Math.round(rate / 10) }, () => sent++)
      await produce(
        topic,
        ids.map(id => peersRecord(id, now)),
      )
    }
  })
  return sent
}

async function producing(
  brokers: string,
  work: (produce: (topic: string, records: readonly ProducedRecord[]) => Promise<void>) => Promise<void>,
): Promise<void> {
  const source = openSource({ kind: 'kafka', kafka: { brokers: [brokers] } }, { compression: 'lz4' })
  try {
    await work((topic, records) => source.produce(topic, records))
  } finally {
    await source.close()
  }
}
