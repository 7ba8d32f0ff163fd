import type { EventHubProducerClient } from '@azure/event-hubs'

import type { ProducedRecord } from '../source.js'
import { SourceError } from '../sourceError.js'

/** Sends records in the order of each key and partition, in batches as large as the service takes. */
export async function sendEvents(producer: EventHubProducerClient, records: readonly ProducedRecord[]): Promise<void> {
  const groups = Map.groupBy(records, ({ key, partition }) => {
    if (partition !== undefined) return `partition ${partition}`
    return key === null ? 'any' : `key ${Buffer.from(key).toString('hex')}`
  })
  for (const group of groups.values()) await sendGroup(producer, group)
}

async function sendGroup(producer: EventHubProducerClient, records: readonly ProducedRecord[]): Promise<void> {
  const { key, partition } = records[0] as ProducedRecord
  if (partition !== undefined && records.some(record => record.key !== null)) {
    throw new SourceError('SOURCE_REFUSED', 'Event Hubs takes a key or a partition, not both. Leave the partition out.')
  }
  const target =
    partition !== undefined ? { partitionId: String(partition) } : key === null ? {} : { partitionKey: keyText(key) }
  let batch = await producer.createBatch(target)
  for (const record of records) {
    const event = { body: record.value === null ? null : Buffer.from(record.value), properties: propertiesOf(record) }
    if (batch.tryAdd(event)) continue
    if (batch.count > 0) await producer.sendBatch(batch)
    batch = await producer.createBatch(target)
    if (!batch.tryAdd(event)) {
      throw new SourceError(
        'SOURCE_RECORD_TOO_LARGE',
        `An event of ${record.value?.length ?? 0} bytes is larger than Event Hubs takes.`,
      )
    }
  }
  if (batch.count > 0) await producer.sendBatch(batch)
}

function propertiesOf({ headers = [] }: ProducedRecord): Record<string, Buffer | null> {
  const properties = Object.fromEntries(
    headers.map(([name, content]) => [name, content === null ? null : Buffer.from(content)]),
  )
  if (Object.keys(properties).length === headers.length) return properties
  throw new SourceError(
    'SOURCE_REFUSED',
    'Event Hubs takes each header once. Send repeated headers through its Kafka endpoint.',
  )
}

/** Partition keys are text on the wire; bytes that are not would come back changed. */
function keyText(key: Uint8Array): string {
  const text = Buffer.from(key).toString('utf8')
  if (Buffer.compare(Buffer.from(text), key) === 0) return text
  throw new SourceError('SOURCE_REFUSED', 'Event Hubs takes only keys that are UTF-8 text.')
}
