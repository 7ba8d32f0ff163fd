import { asError, isProgrammingError } from '../../errors.js'
import { SourceError, topicMissing } from '../sourceError.js'

/**
 * Whatever the Event Hubs library throws, as a SourceError.
 *
 * @param reading the consumer group, for what went wrong while a partition of an event hub that exists was read
 * @throws the error itself when it is a mistake of ours
 */
export function eventHubsFault(thrown: unknown, topic: string, reading?: string): SourceError {
  const error = lastOf(asError(thrown))
  if (error instanceof SourceError) return error
  if (isProgrammingError(error)) throw error
  const code = 'code' in error ? String(error.code) : ''
  const details = { cause: error, data: { topic, eventHubsCode: code, consumerGroup: reading } }
  if (code === 'MessagingEntityNotFoundError' || error.name === 'MessagingEntityNotFoundError') {
    return reading === undefined ? topicMissing(topic, details) : groupMissing(topic, reading, details)
  }
  if (code === 'ReceiverDisconnectedError') {
    const who =
      'a receiver with an owner level (an Event Hubs trigger, an event processor) reads by the same consumer group and shuts others out'
    const remedy = "Set EVENTHUBS_READER_CONSUMER_GROUP to a group that nothing else reads by, not the trigger's"
    return new SourceError(
      'SOURCE_REFUSED',
      `Event Hubs does not let ${topic} be read by consumer group ${reading ?? '?'} (ReceiverDisconnectedError): ${who}. ${remedy}.`,
      details,
    )
  }
  if (code === 'QuotaExceededError') {
    const remedy = 'Give EVENTHUBS_READER_CONSUMER_GROUP a group that nothing else reads by'
    return new SourceError(
      'SOURCE_UNREACHABLE',
      `Event Hubs lets no further receiver read ${topic}: ${sentence(error.message)} ${remedy}.`,
      {
        ...details,
        retryable: true,
      },
    )
  }
  if (/Unauthorized|InvalidSignature|AuthenticationError|CredentialUnavailable/i.test(code + error.name)) {
    return new SourceError(
      'SOURCE_UNAUTHORIZED',
      `Event Hubs refuses access to ${topic}: ${sentence(error.message)} Give the identity the role "Azure Event Hubs Data Owner", or correct EVENTHUBS_CONNECTION_STRING.`,
      details,
    )
  }
  if (code === 'MessageTooLargeError') {
    return new SourceError('SOURCE_RECORD_TOO_LARGE', `An event for ${topic} is larger than Event Hubs takes.`, details)
  }
  const retryable = !('retryable' in error) || error.retryable === true || connectionCodes.has(code)
  return new SourceError('SOURCE_UNREACHABLE', `Event Hubs cannot serve ${topic}: ${sentence(error.message)}`, {
    ...details,
    retryable,
  })
}

/** The library calls some of them final; a network is not. */
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ServiceCommunicationError',
])

/** Of several attempts the last says most. */
function lastOf(error: Error): Error {
  if (!(error instanceof AggregateError)) return error
  const last: unknown = error.errors.at(-1)
  return last === undefined ? error : lastOf(asError(last))
}

function groupMissing(
  topic: string,
  group: string,
  details: ConstructorParameters<typeof SourceError>[2],
): SourceError {
  const create = `az eventhubs eventhub consumer-group create --eventhub-name ${topic} --name ${group} --namespace-name … --resource-group …`
  return new SourceError(
    'SOURCE_BAD_SETTINGS',
    `Event hub ${topic} has no consumer group ${group}, which its events are read by. Create it (${create}), or name another in EVENTHUBS_READER_CONSUMER_GROUP.`,
    details,
  )
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}
