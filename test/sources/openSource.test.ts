import { describe, expect, test } from 'vitest'

import { readSettings } from '../../shared/settings/index.js'
import { openSource, sourceConnection } from '../../shared/sources/openSource.js'

describe('the source the settings name', () => {
  test('Kafka, with every setting of the connection', () => {
    const [ca, cert] = ['CA', 'CERT'].map(name => `-----BEGIN CERTIFICATE-----\n${name}==\n-----END CERTIFICATE-----`)
    const key = '-----BEGIN PRIVATE KEY-----\nKEY=\n-----END PRIVATE KEY-----'
    const settings = readSettings({
      KAFKA_BROKERS: 'a:1, b:2',
      KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_USERNAME: 'u',
      KAFKA_PASSWORD: 'p',
      KAFKA_SSL_CA: ca,
      KAFKA_SSL_CERTIFICATE: cert,
      KAFKA_SSL_KEY: key,
      KAFKA_SSL_KEY_PASSWORD: 'kp',
    })
    expect(sourceConnection(settings)).toEqual({
      kind: 'kafka',
      kafka: {
        brokers: ['a:1', 'b:2'],
        securityProtocol: 'sasl_ssl',
        saslMechanism: 'plain',
        username: 'u',
        password: 'p',
        ca,
        cert,
        key,
        keyPassword: 'kp',
        oauth: undefined,
      },
    })
  })

  test('oauthbearer, with its client', () => {
    const settings = readSettings({
      KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      KAFKA_SASL_MECHANISM: 'oauthbearer',
      KAFKA_OAUTH_TOKEN_ENDPOINT: 'https://id/token',
      KAFKA_OAUTH_CLIENT_ID: 'c',
      KAFKA_OAUTH_CLIENT_SECRET: 's',
      KAFKA_OAUTH_SCOPE: 'k',
    })
    const oauth = { tokenEndpoint: 'https://id/token', clientId: 'c', clientSecret: 's', scope: 'k' }
    expect(sourceConnection(settings)).toMatchObject({ kafka: { oauth } })
  })

  test('Event Hubs, and the connection survives the way into a worker thread', () => {
    const connection = sourceConnection(
      readSettings({
        SOURCE: 'eventhubs',
        EVENTHUBS__fullyQualifiedNamespace: 'ns-one.servicebus.windows.net',
        AZURE_CLIENT_ID: '01234567-89ab-cdef-0123-456789abcdef',
      }),
    )
    expect(structuredClone(connection)).toEqual(connection)
    expect(connection).toMatchObject({
      kind: 'eventhubs',
      eventHubs: {
        namespace: 'ns-one.servicebus.windows.net',
        managedIdentityClientId: '01234567-89ab-cdef-0123-456789abcdef',
        consumerGroup: 'lake-reader',
      },
    })
  })

  test('bad settings are reported at the first call, and a closed source stays closed', async () => {
    const source = openSource({ kind: 'kafka', kafka: { brokers: ['nonsense'] } })
    await expect(source.offsets('t')).rejects.toMatchObject({ code: 'SOURCE_BAD_SETTINGS' })
    const closed = openSource({ kind: 'kafka', kafka: { brokers: ['127.0.0.1:1'] } })
    await closed.close()
    await expect(closed.offsets('t')).rejects.toMatchObject({ code: 'SOURCE_CLOSED' })
  })
})
