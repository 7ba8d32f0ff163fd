import { describe, expect, test } from 'vitest'

import { eventHubsFault } from '../../../shared/sources/eventHubs/eventHubsFault.js'

const raised = (code: string, retryable = false) => Object.assign(new Error('x'), { code, retryable })

describe("the library's errors become ours, with what may be retried", () => {
  test.each([
    ['MessagingEntityNotFoundError', undefined, { code: 'SOURCE_TOPIC_MISSING', retryable: false }],
    [
      'MessagingEntityNotFoundError',
      'readers',
      {
        code: 'SOURCE_BAD_SETTINGS',
        message: expect.stringMatching(/no consumer group readers.*EVENTHUBS_READER_CONSUMER_GROUP/) as string,
      },
    ],
    ['UnauthorizedError', undefined, { code: 'SOURCE_UNAUTHORIZED', retryable: false }],
    [
      'ReceiverDisconnectedError',
      'readers',
      {
        code: 'SOURCE_REFUSED',
        message: expect.stringMatching(/ReceiverDisconnectedError.*EVENTHUBS_READER_CONSUMER_GROUP/) as string,
      },
    ],
    ['QuotaExceededError', 'readers', { code: 'SOURCE_UNREACHABLE', retryable: true }],
    ['ECONNREFUSED', undefined, { code: 'SOURCE_UNREACHABLE', retryable: true }],
    ['ArgumentError', undefined, { code: 'SOURCE_UNREACHABLE', retryable: false }],
  ])('%s, read by %s', (code, group, expected) => {
    expect(eventHubsFault(raised(code), 't', group)).toMatchObject(expected)
  })

  test('of several attempts the last is reported', () => {
    const attempts = new AggregateError([
      raised('ServerBusyError', true),
      new AggregateError([raised('UnauthorizedError')]),
    ])
    expect(eventHubsFault(attempts, 't')).toMatchObject({ code: 'SOURCE_UNAUTHORIZED' })
  })

  test.each([new TypeError('x'), new RangeError('x')])(
    'a mistake of ours is not blamed on the service: %s',
    mistake => {
      expect(() => eventHubsFault(mistake, 't')).toThrow(mistake)
    },
  )
})
