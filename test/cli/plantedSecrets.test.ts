import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { writeRunningStack } from '../../shared/cli/runningStack.js'
import { isSecret, settingNames } from '../../shared/settings/index.js'
import { lake } from './testShell.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-secrets-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

let planted = 0
/** Another secret each time, so that none is known from an earlier test. */
const secret = () => `Pl4nted/Secr3t+${planted++}+k7Qz==`

/** Every form of it that a person could turn back. */
const formsOf = (value: string) => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('base64').slice(0, 24),
  value.slice(0, 14),
]

function expectSilence(value: string, ...said: readonly string[]): void {
  for (const text of said) for (const form of formsOf(value)) expect(text).not.toContain(form)
}

const runs = [
  ['tables'],
  ['run', 'bronze'],
  ['run', 'pipeline'],
  ['sql', 'SELECT 1'],
  ['read', 'bronze.events', '--debug'],
  ['env'],
]

/** The value in each way in which somebody may put it into a setting, right or wrong. */
const plantings: readonly (readonly [string, (value: string) => string])[] = [
  ['alone', value => value],
  [
    'as an address with a signature',
    value => `https://account.blob.core.windows.net/lake?sv=2024-11-04&sig=${encodeURIComponent(value)}`,
  ],
  ['as an address of a wrong scheme', value => `htps://account/lake?sig=${encodeURIComponent(value)}`],
  ['as an address with a password', value => `https://someone:${encodeURIComponent(value)}@host:9093`],
  [
    'in a connection string',
    value => `Endpoint=sb://x/;SharedAccessKeyName=k;SharedAccessKey=${value};AccountKey=${value}`,
  ],
]

describe('a secret in a setting is reported nowhere', () => {
  test.each(plantings)('%s', async (way, plant) => {
    for (const name of settingNames) {
      // What stands alone in a setting that is no secret is not known to be one.
      if (way === 'alone' && !isSecret(name)) continue
      const value = secret()
      const environment = { LAKE_URL: `file://${folder}/lake`, [name]: plant(value) }
      const { output, messages } = await lake(['tables'], { projectFolder: folder, environment })
      expectSilence(value, output, messages)
    }
  })

  test('a key that is no PEM is refused at the start, without its text', async () => {
    const value = secret()
    const environment = { LAKE_URL: `file://${folder}/lake`, KAFKA_SECURITY_PROTOCOL: 'ssl', KAFKA_SSL_KEY: value }
    for (const words of runs.filter(([command]) => command !== 'env')) {
      const { output, messages } = await lake(words, { projectFolder: folder, environment })
      expectSilence(value, output, messages)
      expect(messages).toMatch(/KAFKA_SSL_KEY is \(secret\): expected the PEM text/)
    }
  })

  test('a key that no TLS takes: neither in what the commands print nor in any table about runs', async () => {
    const value = secret()
    const environment = {
      LAKE_URL: `file://${folder}/lake`,
      KAFKA_BROKERS: '127.0.0.1:1',
      KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_USERNAME: 'someone',
      KAFKA_PASSWORD: `${value}-password`,
      KAFKA_SSL_CERTIFICATE: '-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----',
      KAFKA_SSL_KEY: `-----BEGIN PRIVATE KEY-----\n${value}\n-----END PRIVATE KEY-----`,
    }
    for (const words of runs) {
      const { output, messages } = await lake(words, { projectFolder: folder, environment })
      expectSilence(value, output, messages)
      if (words.includes('bronze')) expect(messages).toMatch(/The client certificate and its key cannot be used/)
    }
    const logs = await lake(['sql', 'SELECT * FROM cluster_logs', '--format', 'jsonl'], {
      projectFolder: folder,
      environment,
    })
    expect(logs.output).toMatch(/The client certificate and its key cannot be used/)
    const monitor = await lake(['sql', 'SELECT * FROM monitor_logs', '--format', 'jsonl'], {
      projectFolder: folder,
      environment,
    })
    expectSilence(value, logs.output, monitor.output)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expectSilence(value, readFileSync(join(file.parentPath, file.name), 'latin1'))
  }, 120_000)

  test('an address with a signature: not in the state of the running stack, which others may read', () => {
    const value = secret()
    writeRunningStack(folder, {
      pid: process.pid,
      command: 'start',
      startedAt: '',
      ready: true,
      kafkaBrokers: `someone:${value}@127.0.0.1:9092`,
      lakeUrl: `https://account.blob.core.windows.net/lake?sig=${encodeURIComponent(value)}`,
      processes: {},
    })
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    expect(files).toHaveLength(1)
    for (const file of files) expectSilence(value, readFileSync(join(file.parentPath, file.name), 'utf8'))
  })
})
