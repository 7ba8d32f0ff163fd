import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { durationForms, parseDuration } from './contract/duration.js'
import { CodedError } from './errors.js'

export class SettingsError extends CodedError<'BAD_SETTINGS' | 'BAD_SETTINGS_FILE'> {
  constructor(code: 'BAD_SETTINGS' | 'BAD_SETTINGS_FILE', message: string, cause?: unknown) {
    super(code, message, { cause })
  }
}

/** Marks what may not appear in a message or a log. */
const secrets = z.registry<{ secret: true }>()

const text = () => z.string()
const secret = (description: string) => text().optional().register(secrets, { secret: true }).describe(description)
const whole = (from: number, to: number) =>
  z.coerce.number(`expected a whole number from ${String(from)} to ${String(to)}`).int().min(from).max(to)
const amount = () => z.coerce.number('expected a number').min(0)
const schedule = () =>
  z.string().refine(isSchedule, 'expected an NCRONTAB expression of six fields, seconds first, as 0 */5 * * * *')
const duration = () =>
  z.string().transform((value, context) => {
    const ms = parseDuration(value)
    if (ms === null || ms <= 0) context.addIssue(`expected a duration: ${durationForms}`)
    return ms ?? 0
  })
const bytes = () =>
  z.string().transform((value, context) => {
    const size = parseSize(value)
    if (size === null) context.addIssue('expected a size, as 512MB or 1GB')
    return size ?? 0
  })

const everyMinute = (second: number) => `${String(second)} * * * * *`

/** Every setting by its name in the environment: its type, its default and what it is for. */
const environment = z.object({
  SOURCE: z.enum(['kafka', 'eventhubs']).default('kafka').describe('Where records come from.'),
  KAFKA_BROKERS: text()
    .refine(isBrokerList, 'expected host:port, several separated by commas')
    .default('127.0.0.1:9092')
    .describe('Brokers as `host:port`, separated by commas. Event Hubs: `<namespace>.servicebus.windows.net:9093`.'),
  KAFKA_SECURITY_PROTOCOL: z.enum(['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl']).default('plaintext')
    .describe('How brokers are spoken to.'),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer']).optional()
    .describe('How to sign in; needed with `sasl_plaintext` and `sasl_ssl`.'),
  KAFKA_USERNAME: text().optional()
    .describe('User name or API key. Event Hubs: `$ConnectionString`, with the connection string as password.'),
  KAFKA_PASSWORD: secret('Password or API secret.'),
  KAFKA_SSL_CA: text().optional()
    .describe("Certificate authority: PEM text or a file's path. The system's when empty."),
  KAFKA_SSL_CERTIFICATE: text().optional().describe("Client certificate for mutual TLS: PEM text or a file's path."),
  KAFKA_SSL_KEY: secret("The client certificate's key: PEM text or a file's path."),
  KAFKA_SSL_KEY_PASSWORD: secret('Password of the key, when it has one.'),
  KAFKA_OAUTH_TOKEN_ENDPOINT: z.url().optional().describe('Where `oauthbearer` gets its tokens (client credentials).'),
  KAFKA_OAUTH_CLIENT_ID: text().optional().describe('Client id for `oauthbearer`.'),
  KAFKA_OAUTH_CLIENT_SECRET: secret('Client secret for `oauthbearer`.'),
  KAFKA_OAUTH_SCOPE: text().optional().describe('Scope for `oauthbearer`.'),
  KAFKA_CONSUMER_GROUP: text().default('kafka-delta-functions')
    .describe("The trigger's consumer group. What is ingested is known from the Delta log, not from it."),
  EVENTHUBS_NAMESPACE: text().optional()
    .describe('`<namespace>.servicebus.windows.net`, with the managed identity, when SOURCE is `eventhubs`.'),
  EVENTHUBS_CONNECTION_STRING: secret('Connection string instead of the managed identity.'),
  EVENTHUBS_CONSUMER_GROUP: text().default('$Default').describe('Consumer group of the Event Hubs trigger.'),

  LAKE_URL: text()
    .refine(isLakeUrl, 'expected file:///folder or https://<account>.dfs.core.windows.net/<container>')
    .default('http://127.0.0.1:10000/devstoreaccount1/lake')
   
    .describe("The lake's root: a blob container or a local folder (`file:///…`)."),
  LAKE_CONNECTION_STRING: secret("The storage account's connection string; the managed identity when empty."),

  SILVER_SCHEDULE: schedule().default(everyMinute(0)).describe('When silver runs (NCRONTAB, six fields).'),
  GOLD_SCHEDULE: schedule().default(everyMinute(20)).describe('When gold runs: behind silver, so that it finds what silver has just made.'),
  MONITOR_SCHEDULE: schedule().default(everyMinute(40)).describe('When the monitor runs: behind gold.'),
  MAINTENANCE_SCHEDULE: schedule().default('0 */10 * * * *').describe('When checkpoints and compaction run.'),
  CATCH_UP_SCHEDULE: schedule().default('0 */5 * * * *')
    .describe('When bronze looks for partitions that lag while nothing commits.'),

  BRONZE_MAX_COMMIT_ROWS: whole(1, 10_000_000).default(250_000).describe('Most rows of one bronze commit.'),
  BRONZE_MIN_COMMIT_INTERVAL: whole(0, 3_600_000).default(0)
    .describe('Least milliseconds between two bronze commits of one instance; fewer, larger files for later data.'),
  BRONZE_WORKERS: whole(0, 64).default(0)
    .describe('Threads that parse and encode bronze rows; 0 chooses by the cores.'),
  MAX_POLL_INTERVAL_MS: whole(10_000, 86_400_000).default(300_000)
    .describe("Kafka's `max.poll.interval.ms`; repairs stop at half of it and continue at the next call."),
  SILVER_MAX_ROWS_PER_RUN: whole(1, 1_000_000_000).default(5_000_000)
    .describe('Most bronze rows one silver run takes on; the next continues.'),
  SILVER_MEMORY_LIMIT: bytes().default(1024 ** 3)
    .describe('Most memory DuckDB may use; beyond it, it spills to TEMP_FOLDER.'),
  TEMP_FOLDER: text().optional().describe("Folder for spilled and fetched data; the system's when empty."),
  TEMP_LIMIT: bytes().default(10 * 1024 ** 3).describe('Most bytes TEMP_FOLDER may hold.'),
  INSTANCE_MEMORY_MB: whole(256, 1_048_576).default(2048).describe('Memory of one instance, for the cost estimate.'),

  MODEL_NAME: text().regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, dot, dash or underscore').default('anomaly')
    .describe("The model gold scores with: a folder in the lake's `models/`."),
  ANOMALY_THRESHOLD: amount().default(0.5).describe('A score above it is an anomaly.'),

  FRESHNESS_LATE: duration().default(5 * 60_000).describe('The newest event older than this: status LATE.'),
  FRESHNESS_STALE: duration().default(60 * 60_000).describe('The newest event older than this: status STALE.'),
  CHECKPOINT_INTERVAL: whole(1, 100_000).default(100).describe('Commits after which maintenance writes a checkpoint.'),
  COMPACTION_TARGET_SIZE: bytes().default(128 * 1024 ** 2)
    .describe("Bytes of a compacted file, where the table's `delta.targetFileSize` says nothing."),
  COMPACTION_MIN_FILES: whole(2, 100_000).default(16)
    .describe('Small files of one partition that are worth putting together before they fill a file.'),
  COMPACTION_MAX_BYTES: bytes().default(2 * 1024 ** 3)
    .describe('Most bytes that maintenance compacts of one table in one run; the next continues.'),
  VACUUM_RETENTION: duration().default(7 * 86_400_000)
    .describe("How long files that were removed or never committed are kept; at least the table's own retention."),

  COST_PER_GB_SECOND: amount().default(0.000026)
    .describe('Price of a GB-second of an instance, for the cost estimate (USD).'),
  COST_PER_MILLION_EXECUTIONS: amount().default(0.4).describe('Price of a million executions (USD).'),
  COST_PER_10K_WRITES: amount().default(0.065)
    .describe('Price of ten thousand writes or listings of the storage account (USD).'),
  COST_PER_10K_READS: amount().default(0.005).describe('Price of ten thousand reads of the storage account (USD).'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info')
    .describe('The least important line that is logged.'),
})

type Environment = z.output<typeof environment>
type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>

/** Every setting, checked: `KAFKA_BROKERS` is `kafkaBrokers`. Durations are milliseconds, sizes bytes. */
export type Settings = { readonly [Name in keyof Environment as CamelCase<Name>]: Environment[Name] }

/** Values that may be set, by their names in the environment. */
export type SettingValues = Readonly<Record<string, string | undefined>>

/**
 * Reads and checks every setting; all that is wrong is named in one error. An empty value counts as not set.
 * @throws SettingsError BAD_SETTINGS with the name, the value (unless secret) and the remedy of each
 */
export function readSettings(values: SettingValues): Settings {
  const textOf = (name: string) => (values[name]?.trim() === '' ? undefined : values[name]?.trim())
  const given = Object.fromEntries(settingNames.map(name => [name, textOf(name)]))
  const parsed = environment.safeParse(given)
  const wrong = parsed.success
    ? crossFieldFaults(parsed.data, values)
    : parsed.error.issues.map(({ path, message }) => faultOf(String(path[0]), given[String(path[0])], message))
  if (!parsed.success || wrong.length > 0) throw new SettingsError('BAD_SETTINGS', wrong.join('\n'))
  return Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [camelCase(name), value])) as Settings
}

/**
 * The environment over the `Values` of `local.settings.json` in `folder`, as the function host does it; the file may be
 * absent.
 * @throws SettingsError BAD_SETTINGS_FILE when the file is not what the host would read
 */
export function readLocalSettings(folder: string, environmentValues: SettingValues = process.env): SettingValues {
  const path = join(folder, 'local.settings.json')
  if (!existsSync(path)) return environmentValues
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch (error) {
    const remedy = 'Start again from local.settings.template.json.'
    throw new SettingsError('BAD_SETTINGS_FILE', `${path} is not JSON. ${remedy}`, error)
  }
  const file = z.object({ Values: z.record(z.string(), z.string()).default({}) }).safeParse(content)
  if (!file.success) {
    const remedy = 'as local.settings.template.json has it.'
    throw new SettingsError('BAD_SETTINGS_FILE', `${path} needs "Values", an object of texts, ${remedy}`)
  }
  const set = Object.entries(environmentValues).filter(([, value]) => value !== undefined)
  return { ...file.data.Values, ...Object.fromEntries(set) }
}

/** Names of all settings in the environment, in the order of the documentation. */
export const settingNames: readonly (keyof Environment)[] = environment.keyof().options

/** Whether a setting's value must be kept out of messages and logs. */
export function isSecret(name: string): boolean {
  const field = (environment.shape as Readonly<Record<string, z.ZodType>>)[name]
  return field !== undefined && secrets.get(field)?.secret === true
}

/** The default as it would be written in the environment; empty when there is none. */
export function defaultText(name: keyof Environment): string {
  const field: z.ZodType = environment.shape[name]
  const value = field instanceof z.ZodDefault ? field.def.defaultValue : undefined
  if (typeof value !== 'number') return typeof value === 'string' ? value : ''
  if (name.startsWith('FRESHNESS_')) return `${String(value / 60_000)} minutes`
  if (name === 'VACUUM_RETENTION') return `${String(value / 86_400_000)} days`
  if (name === 'COMPACTION_TARGET_SIZE') return `${String(value / 1024 ** 2)}MB`
  if (name === 'SILVER_MEMORY_LIMIT' || name === 'TEMP_LIMIT' || name === 'COMPACTION_MAX_BYTES') return `${String(value / 1024 ** 3)}GB`
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 12 })
}

/** A Markdown table of all settings, for README. */
export function settingsTable(): string {
  const rows = settingNames.map(name => {
    const fallback = defaultText(name)
    const description = environment.shape[name].description ?? ''
    const shown = isSecret(name) ? 'secret' : fallback === '' ? '' : `\`${fallback}\``
    return `| \`${name}\` | ${shown} | ${choices(name)}${description} |`
  })
  return ['| setting | default | what it is |', '|---|---|---|', ...rows, ''].join('\n')
}

function choices(name: keyof Environment): string {
  let field: unknown = environment.shape[name]
  while (field instanceof z.ZodDefault || field instanceof z.ZodOptional) field = field.unwrap()
  return field instanceof z.ZodEnum ? `${field.options.map(option => `\`${String(option)}\``).join(', ')}. ` : ''
}

function crossFieldFaults(s: Environment, values: SettingValues): string[] {
  const faults: string[] = []
  const need = (names: readonly (keyof Environment)[], because: string) => {
    for (const name of names) if (s[name] === undefined) faults.push(`${name} is not set: ${because}.`)
  }
  const unused = (names: readonly (keyof Environment)[], because: string) => {
    for (const name of names) {
      if (s[name] !== undefined) faults.push(`${name} is set, but ${because}. Remove one of the two.`)
    }
  }
  const protocol = `KAFKA_SECURITY_PROTOCOL is ${s.KAFKA_SECURITY_PROTOCOL}`
  const credentials = ['KAFKA_USERNAME', 'KAFKA_PASSWORD'] as const
  const oauth = ['KAFKA_OAUTH_TOKEN_ENDPOINT', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'] as const
  if (!s.KAFKA_SECURITY_PROTOCOL.startsWith('sasl_')) {
    unused(['KAFKA_SASL_MECHANISM', ...credentials, ...oauth], `${protocol}, which does not sign in; use sasl_ssl`)
  } else if (s.KAFKA_SASL_MECHANISM === undefined) {
    need(['KAFKA_SASL_MECHANISM'], `${protocol}; set it to plain, scram-sha-256, scram-sha-512 or oauthbearer`)
  } else {
    const mechanism = `KAFKA_SASL_MECHANISM is ${s.KAFKA_SASL_MECHANISM}`
    need(s.KAFKA_SASL_MECHANISM === 'oauthbearer' ? oauth : credentials, mechanism)
  }
  if (!s.KAFKA_SECURITY_PROTOCOL.endsWith('ssl')) {
    const tls = ['KAFKA_SSL_CA', 'KAFKA_SSL_CERTIFICATE', 'KAFKA_SSL_KEY', 'KAFKA_SSL_KEY_PASSWORD'] as const
    unused(tls, `${protocol}, which is not encrypted; use ssl or sasl_ssl`)
  }
  if (s.KAFKA_SSL_CERTIFICATE !== undefined) need(['KAFKA_SSL_KEY'], 'KAFKA_SSL_CERTIFICATE needs its key')
  if (s.KAFKA_SSL_KEY !== undefined) need(['KAFKA_SSL_CERTIFICATE'], 'KAFKA_SSL_KEY needs its certificate')
  if (s.SOURCE === 'eventhubs' && s.EVENTHUBS_CONNECTION_STRING === undefined) {
    need(['EVENTHUBS_NAMESPACE'], 'SOURCE is eventhubs; set it (managed identity) or EVENTHUBS_CONNECTION_STRING')
  }
  if (s.LAKE_URL.startsWith('file:')) unused(['LAKE_CONNECTION_STRING'], `LAKE_URL is the local folder ${s.LAKE_URL}`)
  if (s.FRESHNESS_STALE <= s.FRESHNESS_LATE) {
    faults.push('FRESHNESS_STALE must be longer than FRESHNESS_LATE.')
  }
  if (s.BRONZE_MIN_COMMIT_INTERVAL * 2 > s.MAX_POLL_INTERVAL_MS) {
    const why = 'or Kafka takes the partitions away while bronze waits'
    faults.push(`BRONZE_MIN_COMMIT_INTERVAL must be at most half of MAX_POLL_INTERVAL_MS, ${why}.`)
  }
  if (s.COMPACTION_TARGET_SIZE > s.COMPACTION_MAX_BYTES) {
    faults.push('COMPACTION_TARGET_SIZE is more than COMPACTION_MAX_BYTES. Lower the one or raise the other.')
  }
  if (s.SILVER_MEMORY_LIMIT > s.INSTANCE_MEMORY_MB * 1024 ** 2) {
    faults.push('SILVER_MEMORY_LIMIT is more than INSTANCE_MEMORY_MB. Lower the one or raise the other.')
  }
  if (values['WEBSITE_INSTANCE_ID'] !== undefined) {
    // The local defaults would make a deployed app fail later, and less clearly.
    const deployed = s.SOURCE === 'kafka' ? ['LAKE_URL', 'KAFKA_BROKERS'] : ['LAKE_URL']
    for (const name of deployed) {
      if ((values[name] ?? '') === '') faults.push(`${name} is not set: a deployed app has no local default.`)
    }
  }
  return faults
}

function faultOf(name: string, value: string | undefined, message: string): string {
  if (value === undefined) return `${name} is not set: ${message}.`
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value
  return `${name} is ${isSecret(name) ? '(secret)' : `"${shown}"`}: ${message}.`
}

function isBrokerList(value: string): boolean {
  return value.split(',').every(broker => /^\s*(\[[0-9a-fA-F:]+\]|[^\s:,/]+):\d{1,5}\s*$/.test(broker))
}

function isLakeUrl(value: string): boolean {
  const url = URL.parse(value)
  if (url === null || url.search !== '' || url.username !== '') return false
  if (url.protocol === 'file:') return value.startsWith('file:///') && url.pathname !== '/'
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.pathname.replace(/\/+$/, '') !== ''
}

function isSchedule(value: string): boolean {
  const fields = value.trim().split(/\s+/)
  return fields.length === 6 && fields.every(field => /^[\dA-Za-z*/,-]+$/.test(field))
}

function parseSize(value: string): number | null {
  const match = /^(\d+)\s*(B|KB|MB|GB|TB)$/i.exec(value)
  if (match === null) return null
  const size = Number(match[1]) * 1024 ** ['B', 'KB', 'MB', 'GB', 'TB'].indexOf((match[2] ?? '').toUpperCase())
  return Number.isSafeInteger(size) && size > 0 ? size : null
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
