/** What others list for taking a stream of events into a table, in US dollars, as looked up on a day. */
export interface ListedPrice {
  readonly name: string
  readonly perGigabyte: number
  /** At least and at most. */
  readonly perHour: readonly [number, number]
  /** What the price is of and what it leaves out. */
  readonly condition: string
}

/** When these were looked up in public pages. */
export const listedAsOf = '2026-11-28'

/** Of a gigabyte that comes in; none has silver, gold or a monitor in it. */
export const listedPrices: readonly ListedPrice[] = [
  {
    name: 'Databricks Zerobus',
    perGigabyte: 0.05,
    perHour: [0, 0],
    condition: '0.143 DBU a GB at $0.35; at least once; the producer that pushes is your own, Kafka is not read',
  },
  { name: 'ClickPipes', perGigabyte: 0.04, perHour: [0.0125, 0.0125], condition: 'one replica; into ClickHouse' },
  { name: 'Firehose to S3 Tables', perGigabyte: 0.075, perHour: [0, 0], condition: 'Iceberg on AWS' },
  { name: 'Fabric Eventstream', perGigabyte: 0.06, perHour: [0.04, 0.18], condition: 'by capacity; about' },
]

/** Dollars of a million events at a steady rate, at least and at most. Pure. */
export function listedCost(
  { perGigabyte, perHour }: ListedPrice,
  eventsPerSecond: number,
  bytesPerEvent: number,
): readonly [number, number] {
  const hours = 1e6 / eventsPerSecond / 3_600
  const data = ((1e6 * bytesPerEvent) / 1e9) * perGigabyte
  return [data + hours * perHour[0], data + hours * perHour[1]]
}
