import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  defaultText, isSecret, readLocalSettings, readSettings, SettingsError, settingNames, settingsTable,
} from '../shared/settings.js'

const template = JSON.parse(readFileSync(resolve(import.meta.dirname, '../local.settings.template.json'), 'utf8')) as {
  Values: Record<string, string>
}

/** Read by the function host itself. */
const hostSettings = ['AzureWebJobsStorage', 'FUNCTIONS_WORKER_RUNTIME']

function faults(values: Record<string, string>): string {
  try {
    readSettings(values)
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return ''
}

describe('the template', () => {
  test('has every setting, and nothing else than the host needs', () => {
    expect(Object.keys(template.Values).sort()).toEqual([...settingNames, ...hostSettings].sort())
  })

  test('has the defaults, and no secret', () => {
    for (const name of settingNames) expect([name, template.Values[name]]).toEqual([name, defaultText(name)])
    for (const name of settingNames.filter(isSecret)) expect(template.Values[name]).toBe('')
  })

  test('reads as an empty environment does', () => {
    expect(readSettings(template.Values)).toEqual(readSettings({}))
  })
})

describe('a bad setting', () => {
  test.each([
    [{ KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS is "localhost": expected host:port'],
    [{ SILVER_SCHEDULE: '* * * * *' }, 'SILVER_SCHEDULE is "* * * * *": expected an NCRONTAB expression of six'],
    [{ BRONZE_MAX_COMMIT_ROWS: 'many' }, 'BRONZE_MAX_COMMIT_ROWS is "many": expected a whole number from 1'],
    [{ LAKE_URL: 'lake' }, 'LAKE_URL is "lake": expected file:///'],
    [{ SILVER_MEMORY_LIMIT: '1 gigabyte' }, 'SILVER_MEMORY_LIMIT is "1 gigabyte": expected a size'],
    [{ FRESHNESS_LATE: 'soon' }, 'FRESHNESS_LATE is "soon": expected a duration'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud"'],
  ])('names itself, its value and the remedy: %o', (values, message) => {
    expect(faults(values)).toContain(message)
  })

  test('is reported together with the others', () => {
    expect(faults({ LAKE_URL: 'lake', LOG_LEVEL: 'loud' }).split('\n')).toHaveLength(2)
  })

  test('never shows a secret', () => {
    const values = { KAFKA_PASSWORD: 'hunter2', KAFKA_SSL_KEY: 'hunter2', LAKE_URL: 'file:///lake', LAKE_CONNECTION_STRING: 'hunter2' }
    expect(faults(values)).toContain('KAFKA_PASSWORD')
    expect(faults(values)).not.toContain('hunter2')
  })
})

describe('settings that only make sense together', () => {
  const sasl = { KAFKA_SECURITY_PROTOCOL: 'sasl_ssl' }

  test.each([
    [sasl, 'KAFKA_SASL_MECHANISM is not set'],
    [{ ...sasl, KAFKA_SASL_MECHANISM: 'plain', KAFKA_USERNAME: 'u' }, 'KAFKA_PASSWORD is not set'],
    [{ ...sasl, KAFKA_SASL_MECHANISM: 'oauthbearer' }, 'KAFKA_OAUTH_TOKEN_ENDPOINT is not set'],
    [{ KAFKA_USERNAME: 'u' }, 'KAFKA_USERNAME is set, but KAFKA_SECURITY_PROTOCOL is plaintext'],
    [{ KAFKA_SSL_CA: '/ca.pem' }, 'KAFKA_SSL_CA is set, but KAFKA_SECURITY_PROTOCOL is plaintext'],
    [{ KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_CERTIFICATE: '/c.pem' }, 'KAFKA_SSL_KEY is not set'],
    [{ SOURCE: 'eventhubs' }, 'EVENTHUBS_NAMESPACE is not set'],
    [{ FRESHNESS_LATE: '1 day', FRESHNESS_STALE: '1 hour' }, 'FRESHNESS_STALE must be longer'],
    [{ BRONZE_MIN_COMMIT_INTERVAL: '200000' }, 'BRONZE_MIN_COMMIT_INTERVAL must be at most half'],
    [{ SILVER_MEMORY_LIMIT: '4GB' }, 'SILVER_MEMORY_LIMIT is more than INSTANCE_MEMORY_MB'],
    [{ WEBSITE_INSTANCE_ID: 'x', KAFKA_BROKERS: 'a:1' }, 'LAKE_URL is not set: a deployed app'],
  ])('%o', (values, message) => {
    expect(faults(values)).toContain(message)
  })

  test('complete ones pass', () => {
    const confluent = { ...sasl, KAFKA_SASL_MECHANISM: 'plain', KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p' }
    expect(readSettings(confluent)).toMatchObject({ kafkaSaslMechanism: 'plain', kafkaPassword: 'p' })
  })
})

test('an empty value counts as not set', () => {
  expect(readSettings({ KAFKA_BROKERS: ' ', LOG_LEVEL: '' })).toEqual(readSettings({}))
})

test('durations are milliseconds and sizes bytes', () => {
  expect(readSettings({ FRESHNESS_LATE: 'PT2M', SILVER_MEMORY_LIMIT: '512MB' })).toMatchObject({
    freshnessLate: 120_000,
    silverMemoryLimit: 512 * 1024 ** 2,
  })
})

test('the table for README has a description of every setting', () => {
  const rows = settingsTable().trim().split('\n').slice(2)
  expect(rows).toHaveLength(settingNames.length)
  for (const row of rows) expect(row).toMatch(/^\| `[A-Z0-9_]+` \| .*\| .{10,} \|$/)
})

describe('local.settings.json', () => {
  let folder = ''
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'settings-'))))
  afterEach(() => { rmSync(folder, { recursive: true }) })

  test('lies under the environment', () => {
    const content = { Values: { KAFKA_BROKERS: 'file:1', LOG_LEVEL: 'warn' } }
    writeFileSync(join(folder, 'local.settings.json'), `\uFEFF${JSON.stringify(content)}`)
    expect(readLocalSettings(folder, { KAFKA_BROKERS: 'environment:1', LOG_LEVEL: undefined })).toMatchObject({
      KAFKA_BROKERS: 'environment:1',
      LOG_LEVEL: 'warn',
    })
  })

  test('may be absent', () => {
    expect(readLocalSettings(folder, { A: 'b' })).toEqual({ A: 'b' })
  })

  test.each(['{', '{"Values": {"A": 1}}', '[]'])('that the host could not read is an error: %s', content => {
    writeFileSync(join(folder, 'local.settings.json'), content)
    expect(() => readLocalSettings(folder, {})).toThrow(/local\.settings\.json.*local\.settings\.template\.json/)
  })
})
