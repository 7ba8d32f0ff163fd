import { asError, isProgrammingError } from '../../errors.js'
import { SourceError, topicMissing } from '../sourceError.js'

/** Whatever the Event Hubs library throws, as a SourceError. Pure; no I/O. */
export function eventHubsFault(thrown: unknown, topic: string): SourceError {
  if (thrown instanceof SourceError) return thrown
  const error = asError(thrown)
  if (isProgrammingError(error)) throw error
  const code = 'code' in error ? String(error.code) : ''
  const details = { cause: error, data: { topic, eventHubsCode: code } }
  if (code === 'MessagingEntityNotFoundError' || error.name === 'MessagingEntityNotFoundError') return topicMissing(topic, details)
  if (/Unauthorized|InvalidSignature|AuthenticationError|CredentialUnavailable/i.test(code + error.name)) {
    return new SourceError(
      'SOURCE_UNAUTHORIZED',
      `Event Hubs refuses access to ${topic}: ${error.message}. Give the identity the role "Azure Event Hubs Data Owner", or correct EVENTHUBS_CONNECTION_STRING.`,
      details,
    )
  }
  if (code === 'MessageTooLargeError') {
    return new SourceError('SOURCE_RECORD_TOO_LARGE', `An event for ${topic} is larger than Event Hubs takes.`, details)
  }
  const retryable = !('retryable' in error) || error.retryable === true
  return new SourceError('SOURCE_UNREACHABLE', `Event Hubs cannot serve ${topic}: ${error.message}.`, { ...details, retryable })
}
