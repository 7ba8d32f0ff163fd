/** The consumer group of a stream's Kafka trigger, whose offsets decide nothing: `prefix` is KAFKA_CONSUMER_GROUP. */
export function consumerGroupOf(prefix: string, stream: string): string {
  return `${prefix}-${stream}`
}
