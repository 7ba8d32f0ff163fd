/** A good event, as the record's exact bytes, and what an observer should find in it. */
export interface GeneratedEvent {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Whether its values are unusual. */
  readonly isAnomaly: boolean
  /** Whether an earlier event had its key already. */
  readonly isRepeat: boolean
}

/** Generates the events of one stream; the same for the same ids and random numbers. */
export interface EventGenerator {
  /** What can be wrong with an event of it. */
  readonly brokenKinds: readonly string[]
  /**
   * A good event.
   * @param time milliseconds; when it happens
   * @param anomalies percent of events that are unusual, where the stream knows such
   */
  event(id: number, time: number, random: () => number, anomalies: number): GeneratedEvent
  /** A record that the contract rejects. @param timestamp milliseconds; Kafka's */
  broken(
    kind: string,
    id: number,
    timestamp: number,
    random: () => number,
  ): { readonly key: Uint8Array; readonly value: Uint8Array }
}

/** The generator of a stream's events, or in a sentence why there can be none. */
export type SyntheticGenerator =
  { readonly kind: 'generator'; readonly generator: EventGenerator } | { readonly kind: 'none'; readonly why: string }
