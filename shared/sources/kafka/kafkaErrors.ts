import { asError, programmingErrorIn } from '../../errors.js'
import { SourceError, topicMissing } from '../sourceError.js'

/** Error codes of the Kafka protocol that this project acts on. */
export const codes = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  duplicateSequence: 46,
  outOfOrderSequence: 45,
  producerFenced: 47,
  unknownProducerId: 59,
} as const

// Codes that pass by themselves or with fresh metadata: leaders move, brokers restart, replicas catch up.
const passing: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  9: 'REPLICA_NOT_AVAILABLE',
  13: 'NETWORK_EXCEPTION',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  41: 'NOT_CONTROLLER',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID',
  72: 'LISTENER_NOT_FOUND',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  89: 'THROTTLING_QUOTA_EXCEEDED',
}

const unauthorized: Readonly<Record<number, string>> = {
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  33: 'UNSUPPORTED_SASL_MECHANISM',
  34: 'ILLEGAL_SASL_STATE',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  58: 'SASL_AUTHENTICATION_FAILED',
}

/** A broker's answer other than success, as an error. */
export function protocolFault(code: number, topic: string, partition?: number): SourceError {
  const where = partition === undefined ? topic : `${topic}/${partition}`
  const data = { topic, partition, kafkaCode: code }
  if (code in passing) {
    return new SourceError('SOURCE_UNREACHABLE', `Kafka cannot serve ${where} at the moment (${passing[code]}).`, {
      data,
      retryable: true,
    })
  }
  if (code in unauthorized) {
    return new SourceError(
      'SOURCE_UNAUTHORIZED',
      `Kafka refuses access to ${where} (${unauthorized[code]}). Grant the user access, or correct the KAFKA_… settings.`,
      { data },
    )
  }
  if (code === 17) return topicMissing(topic, { cause: new Error('INVALID_TOPIC_EXCEPTION') })
  if (code === 2) {
    return new SourceError('SOURCE_CORRUPT', `Kafka says that a record of ${where} is corrupt.`, { data })
  }
  if (code === 10 || code === 18) {
    return new SourceError(
      'SOURCE_RECORD_TOO_LARGE',
      `A record for ${where} is larger than the broker takes. Raise the topic's max.message.bytes, or write smaller records.`,
      { data },
    )
  }
  if (code === 76) {
    return new SourceError(
      'SOURCE_CODEC_MISSING',
      `The broker does not support the compression asked for on ${where}.`,
      { data },
    )
  }
  return new SourceError('SOURCE_REFUSED', `Kafka refuses a request for ${where} (error code ${code}).`, { data })
}

const certificateFault = /certificate|ERR_TLS|ERR_SSL|CERT_|_CERT|SSL routines|wrong version number/i

/**
 * Whatever kafkajs throws, as a SourceError.
 * @throws a programming error as it is: it says nothing of the broker, and trying again would only repeat it
 */
export function connectionFault(thrown: unknown, address: string): SourceError {
  if (thrown instanceof SourceError) return thrown
  const mistake = programmingErrorIn(thrown)
  if (mistake !== undefined) throw mistake
  const error = asError(thrown)
  const reason = error.message
  const details = { cause: error, data: { brokers: address } }
  if (/SASL|ILLEGAL_SASL_STATE/i.test(error.name + ('type' in error ? String(error.type) : ''))) {
    return new SourceError(
      'SOURCE_UNAUTHORIZED',
      `Kafka at ${address} refuses to sign in: ${reason}. Check the mechanism, user and password.`,
      details,
    )
  }
  if (certificateFault.test(reason) || ('code' in error && certificateFault.test(String(error.code)))) {
    return new SourceError(
      'SOURCE_UNAUTHORIZED',
      `TLS with Kafka at ${address} fails: ${reason}. Check KAFKA_SECURITY_PROTOCOL and KAFKA_SSL_CA.`,
      details,
    )
  }
  return new SourceError(
    'SOURCE_UNREACHABLE',
    `Kafka at ${address} cannot be reached: ${reason}. Check KAFKA_BROKERS and that the broker runs.`,
    {
      ...details,
      retryable: true,
    },
  )
}
