import type { PartitionProperties } from '@azure/event-hubs'

import type { OffsetRange, PartitionOffsets } from '../source.js'
import { outOfRange, partitionMissing } from '../sourceError.js'
import { eventHubsFault } from './eventHubsFault.js'
import type { HubClients } from './hubClients.js'

/** An empty partition begins where its next event will be. */
export function offsetsOf(properties: PartitionProperties): PartitionOffsets {
  const end = BigInt(properties.lastEnqueuedSequenceNumber) + 1n
  const start = properties.isEmpty ? end : BigInt(properties.beginningSequenceNumber)
  return { partition: Number(properties.partitionId), start, end }
}

/** @throws SourceError SOURCE_OUT_OF_RANGE when the partition does not hold all of the range */
export async function requireHeld(hub: HubClients, topic: string, range: OffsetRange): Promise<void> {
  const held = offsetsOf(await partitionProperties(hub, topic, range.partition))
  if (range.start < held.start || range.end > held.end) throw outOfRange(topic, range, held)
}

/**
 * What the service says of a partition.
 * @throws SourceError SOURCE_PARTITION_MISSING, or what the service failed with
 */
export async function partitionProperties(
  hub: HubClients,
  topic: string,
  partition: number,
): Promise<PartitionProperties> {
  try {
    return await hub.management.getPartitionProperties(String(partition))
  } catch (thrown) {
    if (thrown instanceof Error && /partition/i.test(thrown.message) && /not|invalid|range/i.test(thrown.message)) {
      throw partitionMissing(topic, partition)
    }
    throw eventHubsFault(thrown, topic)
  }
}
