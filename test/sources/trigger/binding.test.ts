import { describe, expect, test } from 'vitest'

import { readSettings } from '../../../shared/settings/index.js'
import { bronzeTrigger } from '../../../shared/sources/trigger/bronzeTrigger.js'
import { events } from '../../harness/sampleStream/events.js'

const bindingFor = (values: Record<string, string>) => bronzeTrigger(events, readSettings(values), values).binding

describe("bronze's trigger follows the settings", () => {
  test('an unknown %NAME% would fail the function: what is not set is its default', () => {
    expect(bindingFor({})).toEqual({
      type: 'kafkaTrigger',
      name: 'records',
      topic: 'events',
      brokerList: '127.0.0.1:9092',
      consumerGroup: 'kafka-delta-functions-events',
      cardinality: 'MANY',
      dataType: 'string',
    })
    expect(bindingFor({ KAFKA_BROKERS: 'a:1', KAFKA_CONSUMER_GROUP: 'g' })).toMatchObject({
      brokerList: '%KAFKA_BROKERS%',
      consumerGroup: '%KAFKA_CONSUMER_GROUP%-events',
    })
  })

  test('two streams are never members of one consumer group, whatever the group is called', () => {
    for (const values of [{}, { KAFKA_CONSUMER_GROUP: 'g' }]) {
      const groupOf = (name: string) =>
        bronzeTrigger({ ...events, name }, readSettings(values), values).binding['consumerGroup']
      expect(groupOf('orders')).not.toEqual(groupOf('events'))
    }
  })

  test.each([
    ['plain', 'Plain'],
    ['scram-sha-256', 'ScramSha256'],
    ['scram-sha-512', 'ScramSha512'],
  ])('signing in by %s is spelled as the extension has it, and the secret stays a reference', (mechanism, mode) => {
    const values = {
      KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_USERNAME: '$ConnectionString',
      KAFKA_PASSWORD: 'hunter2',
    }
    const binding = bindingFor(values)
    expect(binding).toMatchObject({
      protocol: 'SaslSsl',
      authenticationMode: mode,
      username: '%KAFKA_USERNAME%',
      password: '%KAFKA_PASSWORD%',
    })
    expect(JSON.stringify(binding)).not.toContain('hunter2')
  })

  test('a certificate may be a file or its text', () => {
    expect(bindingFor({ KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_CA: import.meta.filename })).toMatchObject({
      protocol: 'Ssl',
      sslCaLocation: '%KAFKA_SSL_CA%',
    })
    const text = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----'
    expect(bindingFor({ KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_CA: text })).toMatchObject({
      sslCaPEM: '%KAFKA_SSL_CA%',
    })
  })

  test('Event Hubs hands over bytes, by identity or by connection string', () => {
    expect(
      bindingFor({ SOURCE: 'eventhubs', EVENTHUBS__fullyQualifiedNamespace: 'ns-one.servicebus.windows.net' }),
    ).toEqual({
      type: 'eventHubTrigger',
      name: 'records',
      eventHubName: 'events',
      connection: 'EVENTHUBS',
      consumerGroup: '$Default',
      cardinality: 'many',
      dataType: 'binary',
    })
    expect(
      bindingFor({
        SOURCE: 'eventhubs',
        EVENTHUBS_CONNECTION_STRING: 'Endpoint=sb://n/;SharedAccessKeyName=a;SharedAccessKey=b',
      }),
    ).toMatchObject({
      connection: 'EVENTHUBS_CONNECTION_STRING',
    })
  })
})
