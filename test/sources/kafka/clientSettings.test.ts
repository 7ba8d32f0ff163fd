import { AssertionError } from 'node:assert'

import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { isProgrammingError, isRetryable } from '../../../shared/errors.js'
import { clientSettings } from '../../../shared/sources/kafka/clientSettings.js'
import { connectionFault, protocolFault } from '../../../shared/sources/kafka/kafkaErrors.js'
import { oauthTokens } from '../../../shared/sources/kafka/oauthToken.js'

const brokers = ['b:9092']

describe('connection settings', () => {
  test('nothing but brokers is plaintext', () => {
    expect(clientSettings({ brokers })).toMatchObject({ brokers, ssl: null, sasl: null })
  })

  test("Event Hubs' Kafka endpoint and Confluent Cloud are SASL plain over TLS with the system's authorities", () => {
    const settings = clientSettings({
      brokers: ['ns.servicebus.windows.net:9093'],
      securityProtocol: 'sasl_ssl',
      saslMechanism: 'plain',
      username: '$ConnectionString',
      password: 'Endpoint=sb://…',
    })
    expect(settings).toMatchObject({
      ssl: {},
      sasl: { mechanism: 'plain', username: '$ConnectionString', password: 'Endpoint=sb://…' },
    })
  })

  test('PEM text may have its line ends escaped', () => {
    const settings = clientSettings({
      brokers,
      securityProtocol: 'ssl',
      ca: '-----BEGIN CERTIFICATE-----\\nabc\\n-----END CERTIFICATE-----',
    })
    expect(settings.ssl?.ca).toBe('-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----')
  })

  test.each([
    ['brokers', { brokers: [] }, 'KAFKA_BROKERS'],
    ['a port', { brokers: ['b'] }, 'host:port'],
    ['a port that exists', { brokers: ['b:99999'] }, 'b:99999'],
    ['a port that exists', { brokers: ['b:0'] }, 'b:0'],
    ['a mechanism', { brokers, securityProtocol: 'sasl_ssl' }, 'KAFKA_SASL_MECHANISM'],
    ['a password', { brokers, securityProtocol: 'sasl_ssl', saslMechanism: 'plain', username: 'u' }, 'KAFKA_PASSWORD'],
    [
      'a token endpoint',
      { brokers, securityProtocol: 'sasl_ssl', saslMechanism: 'oauthbearer' },
      'KAFKA_OAUTH_TOKEN_ENDPOINT',
    ],
    ['the key of a certificate', { brokers, securityProtocol: 'ssl', cert: '-----BEGIN' }, 'KAFKA_SSL_KEY'],
    [
      'what is wrong with a key',
      {
        brokers,
        securityProtocol: 'ssl',
        cert: '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----',
        key: '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----',
      },
      'KAFKA_SSL_KEY_PASSWORD',
    ],
    ["the authority's file", { brokers, securityProtocol: 'ssl', ca: '/nowhere/ca.pem' }, 'KAFKA_SSL_CA'],
  ] as const)('without %s the missing setting is named', (_what, connection, named) => {
    expect(() => clientSettings(connection)).toThrow(
      expect.objectContaining({ code: 'SOURCE_BAD_SETTINGS', message: expect.stringContaining(named) as string }),
    )
  })
})

describe('access tokens', () => {
  const client = { tokenEndpoint: 'http://id/token', clientId: 'i d', clientSecret: 's:', scope: 'kafka' }
  const respond = (asked: RequestInit[], status = 200) =>
    ((_url: unknown, init: RequestInit) => {
      asked.push(init)
      const body = status === 200 ? { access_token: `t${asked.length}`, expires_in: 3600 } : {}
      return Promise.resolve(new Response(JSON.stringify(body), { status }))
    }) as typeof fetch

  test('one is kept until shortly before it ends, and asked for once by callers at the same time', async () => {
    const asked: RequestInit[] = []
    const clock = new ManualClock()
    const token = oauthTokens(client, clock, respond(asked))
    expect(await Promise.all([token(), token()])).toEqual(['t1', 't1'])
    clock.advance(3_539_000)
    expect(await token()).toBe('t1')
    clock.advance(2_000)
    expect(await token()).toBe('t2')
    expect(asked[0]?.body).toBe('grant_type=client_credentials&scope=kafka')
    expect(new Headers(asked[0]?.headers).get('authorization')).toBe(
      `Basic ${Buffer.from('i%20d:s%3A').toString('base64')}`,
    )
  })

  test('a refusal is final, a failing endpoint is not, and neither is remembered', async () => {
    await expect(oauthTokens(client, new ManualClock(), respond([], 401))()).rejects.toMatchObject({
      code: 'SOURCE_UNAUTHORIZED',
      retryable: false,
    })
    const asked: RequestInit[] = []
    const failing = oauthTokens(client, new ManualClock(), respond(asked, 503))
    await expect(failing()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE', retryable: true })
    await expect(failing()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' })
    expect(asked).toHaveLength(2)
  })
})

describe('faults', () => {
  test('a moved leader may be retried, a forbidden topic may not', () => {
    expect(protocolFault(6, 't', 1)).toMatchObject({
      code: 'SOURCE_UNREACHABLE',
      retryable: true,
      data: { topic: 't', partition: 1, kafkaCode: 6 },
    })
    expect(protocolFault(29, 't')).toMatchObject({ code: 'SOURCE_UNAUTHORIZED', retryable: false })
    expect(protocolFault(10, 't')).toMatchObject({ code: 'SOURCE_RECORD_TOO_LARGE', retryable: false })
  })

  test.each([
    new TypeError('x is not a function'),
    new RangeError('The value of "offset" is out of range.'),
    new ReferenceError('x is not defined'),
    new SyntaxError('Unexpected token'),
    new AssertionError({ message: 'never' }),
  ])("a programming error is not taken for a network's: $name", mistake => {
    expect(() => connectionFault(mistake, 'b:1')).toThrow(mistake)
    // Wrapped by the library on its way.
    expect(() => connectionFault(new Error('retries exceeded', { cause: mistake }), 'b:1')).toThrow(mistake)
    expect(isRetryable(mistake)).toBe(false)
  })

  test('a network that fails under fetch is no programming error, although it is a TypeError', () => {
    expect(isProgrammingError(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }))).toBe(false)
  })
})
