import type { Stream } from '../../contract/index.js'
import { identifier } from '../../query/index.js'

/**
 * The SQL condition under which a row of bronze is late: Kafka's timestamp is more than the stream's `allowedLateness`
 * after the event's time. False, never null, without a timestamp of Kafka's: nothing says that the event came late.
 */
export function isLate({ eventTime, allowedLatenessMs }: Stream): string {
  return `coalesce(epoch_us(_timestamp) - epoch_us(${identifier(eventTime)}) > ${BigInt(allowedLatenessMs) * 1000n}, false)`
}
