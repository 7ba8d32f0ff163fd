import type { SourceRecord } from '../../sources/index.js'

/** 0001-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what a timestamp column, and most of its readers, can hold. */
const first = -62_135_596_800_000
const last = 253_402_300_799_999

/**
 * Kafka's timestamp in milliseconds, or undefined where it is no date: a producer may write microseconds or nanoseconds
 * there, or any number.
 */
export function kafkaTimestamp({ timestamp }: Pick<SourceRecord, 'timestamp'>): number | undefined {
  return timestamp >= first && timestamp <= last ? timestamp : undefined
}
