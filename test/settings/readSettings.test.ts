import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import {
  defaultText,
  isSecret,
  readSettings,
  settingNames,
  SettingsError,
  settingsTable,
} from '../../shared/settings/readSettings.js'

const template = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../local.settings.template.json'), 'utf8'),
) as {
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

test('a form of OTLP that is not sent hurts nobody where nothing is sent, or each signal has its own', () => {
  const others = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }
  expect(readSettings(others).otelExporterOtlpProtocol).toBe('http/protobuf')
  const own = { OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' }
  readSettings({ ...others, ...own, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' })
})

describe('a bad setting', () => {
  test.each([
    [{ KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS is "localhost": expected host:port'],
    [{ SILVER_SCHEDULE: '* * * * *' }, 'SILVER_SCHEDULE is "* * * * *": expected an NCRONTAB expression of six'],
    [{ BRONZE_MAX_COMMIT_ROWS: 'many' }, 'BRONZE_MAX_COMMIT_ROWS is "many": expected a whole number from 1'],
    [{ LAKE_URL: 'lake' }, 'LAKE_URL is "lake": expected file:///'],
    [{ DUCKDB_MEMORY_LIMIT: '1 gigabyte' }, 'DUCKDB_MEMORY_LIMIT is "1 gigabyte": expected a size'],
    [{ FRESHNESS_LATE: 'soon' }, 'FRESHNESS_LATE is "soon": expected a duration'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL is "loud"'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318": expected http',
    ],
    [{ OPENLINEAGE_URL: 'http://host?key=abc' }, 'without "?" and "#"'],
    [{ OPENLINEAGE_URL: 'http://user:pass@host' }, 'a secret belongs into a header'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'authorization' }, 'OTEL_EXPORTER_OTLP_HEADERS is (secret): expected name=value'],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=%0d%0aevil:%201' },
      'OTEL_EXPORTER_OTLP_HEADERS is (secret): expected name=value',
    ],
    ...['grpc', 'http/protobuf'].map(
      protocol =>
        [
          { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4318/x', OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
          `OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}": only http/json is sent`,
        ] as const,
    ),
    [
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
      },
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "grpc": only http/json is sent',
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'udp' }, 'OTEL_EXPORTER_OTLP_PROTOCOL is "udp"'],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zstd' }, 'OTEL_EXPORTER_OTLP_COMPRESSION is "zstd"'],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=%zz' }, 'OTEL_RESOURCE_ATTRIBUTES is "a=%zz": expected name=value'],
    ...['99 * * * * *', '0 0 0 30 2 *', '0 60 * * * *', '0 * * * * 7', '* * * * * * *', 'now'].map(
      given => [{ GOLD_SCHEDULE: given }, `GOLD_SCHEDULE is "${given}": expected an NCRONTAB`] as const,
    ),
    ...['high', '0x1', 'NaN', 'Infinity', '1e9'].map(
      given =>
        [{ ANOMALY_THRESHOLD: given }, `ANOMALY_THRESHOLD is "${given}": expected a number from -1000000`] as const,
    ),
    ...['a:99999', 'a:0', 'a:1,b:65536'].map(
      given => [{ KAFKA_BROKERS: given }, `KAFKA_BROKERS is "${given}": expected a port from 1 to 65535`] as const,
    ),
    ...['a', 'a:1,,b:2', 'kafka://a:1', 'a:1;b:2', 'a b:1'].map(
      given => [{ KAFKA_BROKERS: given }, `KAFKA_BROKERS is "${given}": expected host:port`] as const,
    ),
    ...['anomaly', 'lake:models/..', 'lake:models/a/b', 'lake:models/{streams}', 'models:/m', 'https://host/m'].map(
      given => [{ MODEL_URI: given }, `MODEL_URI is "${given}": expected lake:models/<name>`] as const,
    ),
    ...[
      'https://example.com/lake',
      'https://example.com/a/b',
      'ftp://a.blob.core.windows.net/lake',
      'https://a.blob.core.windows.net/lake',
      'https://acc.blob.core.windows.net',
      'https://acc.blob.core.windows.net/My_Lake',
      'https://acc.blob.core.windows.net/a--b',
      'https://acc-secondary.blob.core.windows.net/lake',
      'https://acc.blob.core.windows.net/lake#x',
      'file://host/lake',
      'file:///',
      's3://bucket/lake',
    ].map(given => [{ LAKE_URL: given }, `LAKE_URL is "${given}": expected`] as const),
    ...['/no/such/folder', import.meta.filename].map(given => [{ TEMP_FOLDER: given }, 'TEMP_FOLDER is "/'] as const),
    ...['soon', 'login.example.com/token', 'mailto:a@b'].map(
      given =>
        [
          { KAFKA_OAUTH_TOKEN_ENDPOINT: given },
          `KAFKA_OAUTH_TOKEN_ENDPOINT is "${given}": expected an address`,
        ] as const,
    ),
    ...[
      'ns',
      'sb://ns-one.servicebus.windows.net',
      'ns-one.servicebus.windows.net:9093',
      'ns-one.servicebus.windows.net/',
    ].map(
      given => [{ EVENTHUBS_NAMESPACE: given }, `EVENTHUBS_NAMESPACE is "${given}": expected a host name`] as const,
    ),
    ...[
      'x',
      'my-identity',
      '01234567-89ab-cdef-0123-456789abcde',
      'a01234567-89ab-cdef-0123-456789abcdef',
      '{01234567-89ab-cdef-0123-456789abcdef}',
    ].map(given => [{ AZURE_CLIENT_ID: given }, `AZURE_CLIENT_ID is "${given}": expected the client id`] as const),
    [{ EVENTHUBS_READER_CONSUMER_GROUP: 'a/b' }, 'EVENTHUBS_READER_CONSUMER_GROUP is "a/b": expected'],
    [{ DUCKDB_MEMORY_LIMIT: '1B' }, 'DUCKDB_MEMORY_LIMIT is "1B": expected a size of at least 64MB'],
    [{ VACUUM_RETENTION: '40000 days' }, 'VACUUM_RETENTION is "40000 days": expected a duration of at most'],
    [{ CHECKPOINT_INTERVAL: '1.5' }, 'CHECKPOINT_INTERVAL is "1.5": expected a whole number'],
    [
      { KAFKA_SSL_CA: '/no/such.pem' },
      'KAFKA_SSL_CA is "/no/such.pem": expected the PEM text of a certificate, or the path',
    ],
    [{ KAFKA_SSL_CERTIFICATE: '-----BEGIN CERTIFICATE-----\\nAA==' }, 'expected the PEM text of a certificate'],
    [
      { KAFKA_SSL_CERTIFICATE: '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----' },
      'expected the PEM text of a certificate',
    ],
    [{ FUNCTIONS_WORKER_RUNTIME: 'python' }, 'FUNCTIONS_WORKER_RUNTIME is "python": expected node'],
  ] as readonly (readonly [Record<string, string>, string])[])(
    'names itself, its value and the remedy: %o',
    (values, message) => {
      expect(faults(values)).toContain(message)
    },
  )

  test('is reported together with the others', () => {
    expect(faults({ LAKE_URL: 'lake', LOG_LEVEL: 'loud' }).split('\n')).toHaveLength(2)
  })

  test('never shows a secret', () => {
    const values = {
      KAFKA_PASSWORD: 'hunter2',
      KAFKA_SSL_KEY: 'hunter2',
      LAKE_URL: 'file:///lake',
      LAKE_CONNECTION_STRING: 'hunter2',
    }
    for (const name of ['KAFKA_SSL_KEY', 'LAKE_CONNECTION_STRING'])
      expect(faults(values)).toContain(`${name} is (secret): expected`)
    expect(faults(values)).not.toContain('hunter2')
    expect(faults({ KAFKA_PASSWORD: 'hunter2' })).toMatch(/^KAFKA_PASSWORD is set, but/)
    expect(faults({ KAFKA_PASSWORD: 'hunter2' })).not.toContain('hunter2')
    expect(faults({ EVENTHUBS_CONNECTION_STRING: 'Endpoint=sb://n/;SharedAccessKey=hunter2' })).toMatch(
      /^EVENTHUBS_CONNECTION_STRING is \(secret\): expected Endpoint=sb/,
    )
  })
})

describe('a good setting passes', () => {
  const pem = (kind: string) => `-----BEGIN ${kind}-----\nAA==\n-----END ${kind}-----`
  const tls = {
    KAFKA_SECURITY_PROTOCOL: 'ssl',
    KAFKA_SSL_CERTIFICATE: pem('CERTIFICATE'),
    KAFKA_SSL_KEY: pem('ENCRYPTED PRIVATE KEY'),
  }

  test.each([
    ...[
      'http://127.0.0.1:10000/devstoreaccount1/lake',
      'http://azurite:10000/devstoreaccount1/lake',
      'https://acc.dfs.core.windows.net/lake/prefix',
      'https://acc.z12.blob.storage.azure.net/lake',
      'https://onelake.dfs.fabric.microsoft.com/My Workspace/a.Lakehouse/Files',
      'abfss://lake@acc.dfs.core.windows.net/x',
      'https://acc.blob.core.usgovcloudapi.net/$web',
      'file:///data/lake',
    ].map(LAKE_URL => ({ LAKE_URL })),
    { KAFKA_BROKERS: ' a:1 , [::1]:65535' },
    { GOLD_SCHEDULE: '0 0 0 29 2 *' },
    { GOLD_SCHEDULE: '0 30 9-17 * Jan mon-friday' },
    { ANOMALY_THRESHOLD: '.95' },
    { ANOMALY_THRESHOLD: '-0.1' },
    ...['lake:models/{stream}-anomaly', 'models:/{stream}@champion', 'models:/a b/3'].map(MODEL_URI => ({ MODEL_URI })),
    { ANOMALY_THRESHOLD: '0' },
    { ANOMALY_THRESHOLD: '1' },
    { COST_PER_GB_SECOND: '1.6e-5' },
    { TEMP_FOLDER: tmpdir() },
    { AZURE_CLIENT_ID: '01234567-89AB-cdef-0123-456789abcdef' },
    tls,
    { ...tls, KAFKA_SSL_CA: import.meta.filename },
    { ...tls, KAFKA_SSL_CA: pem('CERTIFICATE').replaceAll('\n', '\\n') },
    {
      LAKE_URL: 'https://acc.blob.core.windows.net/lake',
      LAKE_CONNECTION_STRING:
        'DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=AA==;EndpointSuffix=core.windows.net',
    },
    { LAKE_CONNECTION_STRING: 'UseDevelopmentStorage=true' },
    {
      SOURCE: 'eventhubs',
      EVENTHUBS_CONNECTION_STRING:
        'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=a;SharedAccessKey=AA==;UseDevelopmentEmulator=true',
    },
  ])('%o', values => {
    expect(faults(values)).toBe('')
  })

  test("the trigger's own name of the namespace is enough", () => {
    const namespace = 'ns-one.servicebus.windows.net'
    expect(
      readSettings({ SOURCE: 'eventhubs', EVENTHUBS__fullyQualifiedNamespace: namespace }).eventhubsNamespace,
    ).toBe(namespace)
  })
})

describe('a name that is a slip away from a setting', () => {
  test.each([
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['KAFAK_BROKERS', 'KAFKA_BROKERS'],
    ['kafka_brokers', 'KAFKA_BROKERS'],
    ['EVENTHUB_CONNECTION_STRING', 'EVENTHUBS_CONNECTION_STRING'],
    ['LAKE_URI', 'LAKE_URL'],
    ['KAFKA_USER', 'KAFKA_USERNAME'],
    ['CATCHUP_SCHEDULE', 'CATCH_UP_SCHEDULE'],
    ['ANOMALY_TRESHOLD', 'ANOMALY_THRESHOLD'],
  ])('%s: did you mean %s?', (name, meant) => {
    expect(faults({ [name]: 'x' })).toBe(`${name} is no setting: did you mean ${meant}?`)
    expect(faults({ [name]: '' })).toBe('')
  })

  test.each([
    'PATH',
    'BASE_URL',
    'LOGLEVEL',
    'RESOURCE',
    'KAFKA_HEAP_OPTS',
    'KAFKA_HOME',
    'SOURCE_DATE_EPOCH',
    'AZURE_TENANT_ID',
    'AZURE_CLIENT_SECRET',
    'LAKE_OWNER',
    'MY_KAFKA_BROKERS',
    'WEBSITE_SITE_NAME',
    'EVENTHUBS__credential',
  ])('%s belongs to others', name => {
    expect(faults({ [name]: 'x' })).toBe('')
  })
})

describe('a name that a setting had before', () => {
  test.each([
    ['SILVER_MEMORY_LIMIT', '1GB', 'DUCKDB_MEMORY_LIMIT'],
    ['MAX_POLL_INTERVAL_MS', '300000', 'KAFKA_MAX_POLL_INTERVAL_MS'],
    ['max_poll_interval_ms', '300000', 'KAFKA_MAX_POLL_INTERVAL_MS'],
  ])('%s, set to %s, is an error that names %s', (name, value, current) => {
    expect(settingNames).toContain(current)
    expect(settingNames).not.toContain(name)
    expect(faults({ [name]: value })).toBe(`${name} is now ${current}: rename it.`)
    expect(faults({ [name]: value, [current]: value })).toBe(`${name} is now ${current}: rename it.`)
    expect(faults({ [name]: '' })).toBe('')
  })

  test('MODEL_NAME says what MODEL_URI must be for the same model', () => {
    const remedy =
      'MODEL_NAME is now MODEL_URI: set that to lake:models/my-model, or leave both to what the streams declare.'
    expect(faults({ MODEL_NAME: 'my-model' })).toBe(remedy)
    expect(faults({ MODEL_NAME: '' })).toBe('')
  })
})

describe('settings that only make sense together', () => {
  const sasl = { KAFKA_SECURITY_PROTOCOL: 'sasl_ssl' }

  test.each([
    [sasl, 'KAFKA_SASL_MECHANISM is not set'],
    [{ ...sasl, KAFKA_SASL_MECHANISM: 'plain', KAFKA_USERNAME: 'u' }, 'KAFKA_PASSWORD is not set'],
    [{ ...sasl, KAFKA_SASL_MECHANISM: 'oauthbearer' }, 'KAFKA_OAUTH_TOKEN_ENDPOINT is not set'],
    [{ KAFKA_USERNAME: 'u' }, 'KAFKA_USERNAME is set, but KAFKA_SECURITY_PROTOCOL is plaintext'],
    [{ KAFKA_SSL_CA: import.meta.filename }, 'KAFKA_SSL_CA is set, but KAFKA_SECURITY_PROTOCOL is plaintext'],
    [{ KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_CERTIFICATE: import.meta.filename }, 'KAFKA_SSL_KEY is not set'],
    [{ SOURCE: 'eventhubs' }, 'EVENTHUBS_NAMESPACE is not set'],
    [
      { SOURCE: 'eventhubs', EVENTHUBS_NAMESPACE: 'ns-one.servicebus.windows.net' },
      'EVENTHUBS__fullyQualifiedNamespace is not set: the Event Hubs trigger finds',
    ],
    [
      {
        SOURCE: 'eventhubs',
        EVENTHUBS_NAMESPACE: 'ns-one.servicebus.windows.net',
        EVENTHUBS__fullyQualifiedNamespace: 'ns-two.servicebus.windows.net',
      },
      'EVENTHUBS__fullyQualifiedNamespace is "ns-two',
    ],
    [
      {
        SOURCE: 'eventhubs',
        EVENTHUBS__fullyQualifiedNamespace: 'ns-one.servicebus.windows.net',
        EVENTHUBS_READER_CONSUMER_GROUP: '$default',
      },
      "is the trigger's group",
    ],
    [
      {
        SOURCE: 'eventhubs',
        EVENTHUBS__fullyQualifiedNamespace: 'ns-one.servicebus.windows.net',
        WEBSITE_INSTANCE_ID: 'x',
        LAKE_URL: 'file:///l',
      },
      'AzureWebJobsStorage is not set',
    ],
    [
      {
        LAKE_URL: 'https://acc.blob.core.windows.net/lake',
        LAKE_CONNECTION_STRING: 'AccountName=other;AccountKey=AA==',
      },
      'of the account other, but LAKE_URL of acc',
    ],
    [{ FRESHNESS_LATE: '1 day', FRESHNESS_STALE: '1 hour' }, 'FRESHNESS_STALE must be longer'],
    [{ BRONZE_MIN_COMMIT_INTERVAL: '200000' }, 'BRONZE_MIN_COMMIT_INTERVAL must be at most half'],
    [{ DUCKDB_MEMORY_LIMIT: '4GB' }, 'DUCKDB_MEMORY_LIMIT is more than INSTANCE_MEMORY_MB'],
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
  expect(readSettings({ FRESHNESS_LATE: 'PT2M', DUCKDB_MEMORY_LIMIT: '512MB' })).toMatchObject({
    freshnessLate: 120_000,
    duckdbMemoryLimit: 512 * 1024 ** 2,
  })
})

test('the table of the documentation has a description of every setting', () => {
  const rows = settingsTable().trim().split('\n').slice(2)
  expect(rows).toHaveLength(settingNames.length)
  for (const row of rows) expect(row).toMatch(/^\| `[A-Z0-9_]+` \| .*\| .{10,} \|$/)
})
