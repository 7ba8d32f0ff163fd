import { redact } from '../telemetry/index.js'
import { accountOf } from './lakeAddress.js'
import { type Environment, isSecret, settingNames } from './pipelineSettings.js'
import { nearestName, renamedTo } from './settingName.js'
import { connectionParts } from './settingText.js'

/** What is wrong with settings, each by its name and with the remedy. */

/** What several settings say against each other; `given` is the environment as it stands. */
export function crossFieldFaults(s: Environment, given: Readonly<Record<string, string | undefined>>): string[] {
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
  if (s.SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO !== undefined)
    unused(['SCHEMA_REGISTRY_BEARER_AUTH_TOKEN'], 'SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO signs in already')
  if (s.SCHEMA_REGISTRY_SSL_CERTIFICATE !== undefined)
    need(['SCHEMA_REGISTRY_SSL_KEY'], 'SCHEMA_REGISTRY_SSL_CERTIFICATE needs its key')
  if (s.SCHEMA_REGISTRY_SSL_KEY !== undefined)
    need(['SCHEMA_REGISTRY_SSL_CERTIFICATE'], 'SCHEMA_REGISTRY_SSL_KEY needs its certificate')
  if (s.SOURCE === 'eventhubs') faults.push(...eventHubsFaults(s, given))
  if (s.LAKE_URL.startsWith('file:')) unused(['LAKE_CONNECTION_STRING'], `LAKE_URL is the local folder ${s.LAKE_URL}`)
  const [account, keyAccount] = [
    accountOf(s.LAKE_URL),
    connectionParts(s.LAKE_CONNECTION_STRING ?? '').get('accountname'),
  ]
  if (account !== undefined && keyAccount !== undefined && account !== keyAccount) {
    faults.push(
      `LAKE_CONNECTION_STRING is of the account ${keyAccount}, but LAKE_URL of ${account}. Correct one of the two.`,
    )
  }
  faults.push(...mlflowFaults(s), ...otlpFaults(s))
  const runtime = given['FUNCTIONS_WORKER_RUNTIME'] ?? ''
  if (!['', 'node'].includes(runtime)) faults.push(`FUNCTIONS_WORKER_RUNTIME is "${runtime}": expected node.`)
  if (s.FRESHNESS_STALE <= s.FRESHNESS_LATE) {
    faults.push('FRESHNESS_STALE must be longer than FRESHNESS_LATE.')
  }
  if (s.BRONZE_MIN_COMMIT_INTERVAL * 2 > s.KAFKA_MAX_POLL_INTERVAL_MS) {
    const why = 'or Kafka takes the partitions away while bronze waits'
    faults.push(`BRONZE_MIN_COMMIT_INTERVAL must be at most half of KAFKA_MAX_POLL_INTERVAL_MS, ${why}.`)
  }
  if (s.COMPACTION_TARGET_SIZE > s.COMPACTION_MAX_BYTES) {
    faults.push('COMPACTION_TARGET_SIZE is more than COMPACTION_MAX_BYTES. Lower the one or raise the other.')
  }
  if ((s.DUCKDB_MEMORY_LIMIT ?? 0) > s.INSTANCE_MEMORY_MB * 1024 ** 2) {
    faults.push('DUCKDB_MEMORY_LIMIT is more than INSTANCE_MEMORY_MB. Lower the one or raise the other.')
  }
  if (given['WEBSITE_INSTANCE_ID'] !== undefined) {
    // The local defaults would make a deployed app fail later, and less clearly.
    const deployed = localDefaults.filter(name => s.SOURCE === 'kafka' || name !== 'KAFKA_BROKERS')
    for (const name of deployed) {
      if ((given[name] ?? '') === '') faults.push(`${name} is not set: a deployed app has no local default.`)
    }
  }
  return faults
}

/** Settings whose default is a place on this machine, which a deployed app has not. */
export const localDefaults: readonly (keyof Environment)[] = ['LAKE_URL', 'KAFKA_BROKERS']

/** A sign-in that lacks its other half, or is of no server. */
function mlflowFaults(s: Environment): string[] {
  const faults: string[] = []
  const need = (name: keyof Environment, because: string) => {
    if (s[name] === undefined) faults.push(`${name} is not set: ${because}.`)
  }
  if (s.MLFLOW_TRACKING_USERNAME !== undefined) need('MLFLOW_TRACKING_PASSWORD', 'MLFLOW_TRACKING_USERNAME needs it')
  if (s.MLFLOW_TRACKING_PASSWORD !== undefined) need('MLFLOW_TRACKING_USERNAME', 'MLFLOW_TRACKING_PASSWORD needs it')
  if (s.MLFLOW_REGISTRY_URI !== undefined) need('MLFLOW_TRACKING_URI', 'MLFLOW_REGISTRY_URI alone names no server')
  if ([s.MLFLOW_TRACKING_URI, s.MLFLOW_REGISTRY_URI].some(uri => uri?.startsWith('databricks') === true))
    need('DATABRICKS_HOST', 'MLFLOW_TRACKING_URI or MLFLOW_REGISTRY_URI is databricks')
  return faults
}

/** OTLP in JSON alone is sent: a collector that was told to expect another form would be told nothing. */
function otlpFaults(s: Environment): string[] {
  const endpoints = [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  ] as const
  if (endpoints.every(name => s[name] === undefined)) return []
  const signals = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] as const
  const deciding = new Set(signals.map(name => (s[name] === undefined ? 'OTEL_EXPORTER_OTLP_PROTOCOL' : name)))
  return [...deciding].flatMap(name => {
    const value = s[name] ?? 'http/json'
    if (value === 'http/json') return []
    return `${name} is "${value}": only http/json is sent, which a collector takes at its port for HTTP, 4318. Set it to http/json, or, where others read it too, ${signals.join(' and ')}.`
  })
}

/** Where the Event Hubs trigger's binding looks for its identity. */
export const triggerNamespace = 'EVENTHUBS__fullyQualifiedNamespace'

/** The trigger reads settings of the platform's own names besides ours. */
function eventHubsFaults(s: Environment, given: Readonly<Record<string, string | undefined>>): string[] {
  const faults: string[] = []
  if (s.EVENTHUBS_CONNECTION_STRING === undefined) {
    const remedy = `set ${triggerNamespace} (managed identity) or EVENTHUBS_CONNECTION_STRING`
    const named = valueOf(triggerNamespace, given)
    if (s.EVENTHUBS_NAMESPACE === undefined)
      faults.push(`EVENTHUBS_NAMESPACE is not set: SOURCE is eventhubs; ${remedy}.`)
    else if (named === undefined) {
      faults.push(
        `${triggerNamespace} is not set: the Event Hubs trigger finds its namespace by that name. Set it to ${s.EVENTHUBS_NAMESPACE}, or ${remedy}.`,
      )
    } else if (named.toLowerCase() !== s.EVENTHUBS_NAMESPACE.toLowerCase()) {
      faults.push(
        `${triggerNamespace} is "${named}", but EVENTHUBS_NAMESPACE is "${s.EVENTHUBS_NAMESPACE}". Leave EVENTHUBS_NAMESPACE out, or make them the same.`,
      )
    }
  }
  if (s.EVENTHUBS_READER_CONSUMER_GROUP.toLowerCase() === s.EVENTHUBS_CONSUMER_GROUP.toLowerCase()) {
    const why = "the trigger's receivers shut all others of their group out"
    faults.push(
      `EVENTHUBS_READER_CONSUMER_GROUP is the trigger's group (EVENTHUBS_CONSUMER_GROUP): ${why}. Create another group for it.`,
    )
  }
  const storage = Object.keys(given).some(
    name => /^AzureWebJobsStorage(?:__|$)/i.test(name) && valueOf(name, given) !== undefined,
  )
  if (given['WEBSITE_INSTANCE_ID'] !== undefined && !storage) {
    faults.push('AzureWebJobsStorage is not set: the Event Hubs trigger keeps its checkpoints there.')
  }
  return faults
}

/** A value by its name in any case, as the platform reads it; empty ones are not set. */
export function valueOf(name: string, given: Readonly<Record<string, string | undefined>>): string | undefined {
  const found = given[name] ?? Object.entries(given).find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1]
  return found === undefined || found.trim() === '' ? undefined : found.trim()
}

/**
 * Names that would be ignored without a word: those a setting had before, and those a slip away from one. Of the
 * environment's other names only those of several words are checked.
 */
export function unknownNameFaults(given: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(given)
    .filter(name => name.includes('_'))
    .flatMap(name => unknownNameFault(name, given[name]))
}

/** What is wrong with one name, if anything. */
export function unknownNameFault(name: string, value: string | undefined): string[] {
  if (value === undefined || value.trim() === '') return []
  const current = renamedTo(name)
  if (current !== undefined) return [`${name} is now ${current.name}: ${current.remedy(value.trim())}.`]
  const meant = nearestName(name, settingNames)
  return meant === undefined ? [] : [`${name} is no setting: did you mean ${meant}?`]
}

/** What is wrong with one. */
export function faultOf(name: string, value: string | undefined, message: string): string {
  if (value === undefined) return `${name} is not set: ${message}.`
  // Before it is cut: half a secret is known by nothing.
  const whole = redact(value)
  const shown = whole.length > 80 ? `${whole.slice(0, 80)}…` : whole
  return `${name} is ${isSecret(name) ? '(secret)' : `"${shown}"`}: ${message}.`
}
