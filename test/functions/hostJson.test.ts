import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { parseHostSettings } from '../../infra/local/host/index.js'
import { readSettings } from '../../shared/settings/index.js'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'host.json'), 'utf8')
const host = JSON.parse(text) as {
  extensionBundle: { id: string; version: string }
  functionTimeout: string
  extensions: { kafka: Record<string, unknown> }
  logging: {
    logLevel: Record<string, string>
    applicationInsights: { samplingSettings: { isEnabled: boolean; excludedTypes: string } }
  }
}

describe('host.json keeps what exactly-once rests on', () => {
  test('the bundle is one whose Kafka extension has commitOnFailure', () => {
    expect(host.extensionBundle).toEqual({
      id: 'Microsoft.Azure.Functions.ExtensionBundle',
      version: '[4.37.0, 5.0.0)',
    })
  })

  test("a failed batch's offsets are never stored", () => {
    expect(host.extensions.kafka).toMatchObject({ commitOnFailure: false, maxRetries: -1, autoOffsetReset: 'Earliest' })
    expect(parseHostSettings(text).kafka).toMatchObject({
      commitOnFailure: false,
      maxRetries: -1,
      autoOffsetReset: 'earliest',
    })
  })

  test('repairs and the extension count with the same poll interval', () => {
    expect(host.extensions.kafka['maxPollIntervalMs']).toBe(readSettings({}).kafkaMaxPollIntervalMs)
  })

  test('what the extension fetches and holds is bounded by bytes', () => {
    const { fetchMaxBytes, maxPartitionFetchBytes, queuedMaxMessagesKbytes } = host.extensions.kafka as Record<
      string,
      number
    >
    expect(fetchMaxBytes).toBeLessThanOrEqual(8 * 2 ** 20)
    expect(maxPartitionFetchBytes).toBeLessThanOrEqual(fetchMaxBytes ?? 0)
    expect(queuedMaxMessagesKbytes).toBeLessThanOrEqual(16 * 2 ** 10)
    expect(parseHostSettings(text).kafka).toMatchObject({
      fetchMaxBytes,
      maxPartitionFetchBytes,
      queuedMaxMessagesKbytes,
    })
  })

  test('no line that an alert reads is left out by sampling', () => {
    const { isEnabled, excludedTypes } = host.logging.applicationInsights.samplingSettings
    expect(isEnabled).toBe(true)
    expect(excludedTypes.split(';').sort()).toEqual(['Exception', 'Request', 'Trace'])
    expect(host.logging.logLevel['default']).toBe('Information')
  })

  test('the time limit of a function is stated', () => {
    expect(host.functionTimeout).toMatch(/^\d\d:\d\d:\d\d$/)
  })
})

describe('parseHostSettings', () => {
  test("what is absent has the extension's own default, the losing ones too", () => {
    const unbounded = { fetchMaxBytes: 52_428_800, maxPartitionFetchBytes: 1_048_576, queuedMaxMessagesKbytes: 65_536 }
    expect(parseHostSettings('{}').kafka).toMatchObject({
      maxBatchSize: 64,
      commitOnFailure: true,
      maxRetries: 5,
      ...unbounded,
    })
  })

  test('names are matched without case, as the host does', () => {
    expect(parseHostSettings('{"Extensions":{"KAFKA":{"CommitOnFailure":false}}}').kafka.commitOnFailure).toBe(false)
  })

  test('app settings stand in place of its values, as the host reads them', () => {
    const settings = {
      AzureFunctionsJobHost__extensions__KAFKA__maxBatchSize: '250',
      azurefunctionsjobhost__extensions__kafka__commitOnFailure: 'False',
      'AzureFunctionsJobHost:extensions:http:routePrefix': 'v1',
      AzureFunctionsJobHost__logging__logLevel__default: 'Warning',
      AZUREFUNCTIONSJOBHOSTS__extensions__kafka__maxRetries: '1',
    }
    const text = '{"extensions":{"kafka":{"maxBatchSize":1000,"maxRetries":-1}}}'
    expect(parseHostSettings(text, 'host.json', settings)).toMatchObject({
      kafka: { maxBatchSize: 250, maxRetries: -1, commitOnFailure: false },
      routePrefix: 'v1',
    })
    const wrong = { AzureFunctionsJobHost__extensions__kafka__subscriberIntervalInSeconds: '0.5' }
    expect(() => parseHostSettings(text, 'host.json', wrong)).toThrow(/subscriberIntervalInSeconds must be a whole/)
  })

  test('a value of the wrong type names itself', () => {
    expect(() => parseHostSettings('{"extensions":{"kafka":{"maxRetries":"-1"}}}')).toThrow(
      /maxRetries must be a number/,
    )
  })

  test.each([
    ['"maxBatchSize":0', /maxBatchSize must be a whole number of at least 1/],
    ['"maxBatchSize":1.5', /maxBatchSize must be a whole number/],
    ['"maxRetries":-2', /maxRetries must be a whole number of at least -1/],
    ['"queuedMaxMessagesKbytes":2097152', /queuedMaxMessagesKbytes must be a whole number of 1 to 2097151/],
    ['"queuedMaxMessagesKBites":1', /did you mean queuedMaxMessagesKbytes/],
    ['"autoOffsetReset":"newest"', /autoOffsetReset must be Earliest or Latest/],
    ['"maxBatchSzie":10', /did you mean maxBatchSize/],
  ])('%s is refused by name', (property, message) => {
    expect(() => parseHostSettings(`{"extensions":{"kafka":{${property}}}}`)).toThrow(message)
    expect(() =>
      parseHostSettings('{"extensions":{"kafka":{"libkafkaDebug":"all","autoCommitIntervalMs":200}}}'),
    ).not.toThrow()
  })
})
