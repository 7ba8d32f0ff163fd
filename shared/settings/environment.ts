import { z } from 'zod'

import { defaultPrices, logLevels } from '../telemetry/index.js'
import { alertThresholds } from './alertThresholds.js'
import { lakeUrlFault } from './lakeAddress.js'
import { folderFault, pemFault } from './settingFiles.js'
import {
  amount,
  bytes,
  checked,
  duration,
  locations,
  megabyte,
  numberBetween,
  schedule,
  secret,
  secrets,
  text,
  units,
  whole,
} from './settingKinds.js'
import {
  brokersFault,
  clientIdFault,
  entraScopeFault,
  eventHubsConnectionFault,
  eventHubsGroupFault,
  httpUrlFault,
  modelUriFault,
  namespaceFault,
  registryUrlsFault,
  storageConnectionFault,
  trackingUriFault,
  userInfoFault,
} from './settingText.js'

const everyMinute = (second: number) => `${String(second)} * * * * *`

/** Every setting by its name in the environment: its type, its default and what it is for. */
export const environment = z.object({
  SOURCE: z.enum(['kafka', 'eventhubs']).default('kafka').describe('Where records come from.'),
  KAFKA_BROKERS: checked(brokersFault)
    .default('127.0.0.1:9092')
    .describe('Brokers as `host:port`, separated by commas. Event Hubs: `<namespace>.servicebus.windows.net:9093`.'),
  KAFKA_SECURITY_PROTOCOL: z
    .enum(['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'])
    .default('plaintext')
    .describe('How brokers are spoken to.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
    .optional()
    .describe('How to sign in; needed with `sasl_plaintext` and `sasl_ssl`.'),
  KAFKA_USERNAME: text()
    .optional()
    .describe('User name or API key. Event Hubs: `$ConnectionString`, with the connection string as password.'),
  KAFKA_PASSWORD: secret('Password or API secret.'),
  KAFKA_SSL_CA: checked(pemFault('CERTIFICATE'))
    .optional()
    .describe("Certificate authority: PEM text or a file's path. The system's when empty."),
  KAFKA_SSL_CERTIFICATE: checked(pemFault('CERTIFICATE'))
    .optional()
    .describe("Client certificate for mutual TLS: PEM text or a file's path."),
  KAFKA_SSL_KEY: secret("The client certificate's key: PEM text or a file's path.", pemFault('PRIVATE KEY')),
  KAFKA_SSL_KEY_PASSWORD: secret('Password of the key, when it has one.'),
  KAFKA_OAUTH_TOKEN_ENDPOINT: checked(httpUrlFault)
    .optional()
    .describe('Where `oauthbearer` gets its tokens (client credentials).'),
  KAFKA_OAUTH_CLIENT_ID: text().optional().describe('Client id for `oauthbearer`.'),
  KAFKA_OAUTH_CLIENT_SECRET: secret('Client secret for `oauthbearer`.'),
  KAFKA_OAUTH_SCOPE: text().optional().describe('Scope for `oauthbearer`.'),
  KAFKA_CONSUMER_GROUP: text()
    .default('kafka-delta-functions')
    .describe(
      "Beginning of the triggers' consumer groups, one a stream: `<group>-<stream>`. What is ingested is known from the Delta log, not from them.",
    ),
  KAFKA_MAX_POLL_INTERVAL_MS: whole(10_000, 86_400_000)
    .default(300_000)
    .describe("Kafka's `max.poll.interval.ms`; repairs stop at half of it and continue at the next call."),
  EVENTHUBS_NAMESPACE: checked(namespaceFault)
    .optional()
    .describe('`<namespace>.servicebus.windows.net`, with the managed identity, when SOURCE is `eventhubs`.'),
  EVENTHUBS_CONNECTION_STRING: secret(
    'Connection string of the namespace, instead of the managed identity.',
    eventHubsConnectionFault,
  ),
  EVENTHUBS_CONSUMER_GROUP: checked(eventHubsGroupFault)
    .default('$Default')
    .describe('Consumer group of the Event Hubs trigger.'),
  EVENTHUBS_READER_CONSUMER_GROUP: checked(eventHubsGroupFault)
    .default('lake-reader')
    .describe(
      "Consumer group by which ranges are read (catch-up, repairs, commands), to be created at each event hub; never the trigger's, whose receivers shut others out.",
    ),

  SCHEMA_REGISTRY_URL: checked(registryUrlsFault)
    .optional()
    .describe(
      'Schema registry for streams whose format is `confluent-…`: `https://host:port`, with its path (Apicurio: `…/apis/ccompat/v7`); several, separated by commas, are asked in turn. None when empty.',
    ),
  SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: secret('User (or API key) and password as `user:password`.', userInfoFault),
  SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: secret('Bearer token for the schema registry, instead of user and password.'),
  SCHEMA_REGISTRY_SSL_CA: checked(pemFault('CERTIFICATE'))
    .optional()
    .describe("Certificate authority of the schema registry: PEM text or a file's path. The system's when empty."),
  SCHEMA_REGISTRY_SSL_CERTIFICATE: checked(pemFault('CERTIFICATE'))
    .optional()
    .describe("Client certificate for the schema registry (mutual TLS): PEM text or a file's path."),
  SCHEMA_REGISTRY_SSL_KEY: secret("That certificate's key: PEM text or a file's path.", pemFault('PRIVATE KEY')),
  SCHEMA_REGISTRY_SSL_KEY_PASSWORD: secret('Password of the key, when it has one.'),
  SCHEMA_REGISTRY_REQUEST_TIMEOUT_MS: whole(100, 600_000)
    .default(10_000)
    .describe('Milliseconds after which a request to the schema registry is given up; the batch is tried again.'),

  LAKE_URL: checked(lakeUrlFault)
    .default('http://127.0.0.1:10000/devstoreaccount1/lake')
    .describe("The lake's root: a blob container or a local folder (`file:///…`)."),
  LAKE_CONNECTION_STRING: secret(
    "The storage account's connection string; the managed identity when empty.",
    storageConnectionFault,
  ),
  AZURE_CLIENT_ID: checked(clientIdFault)
    .optional()
    .describe(
      'Client id of a user-assigned managed identity, for storage and Event Hubs. The system-assigned identity, or who is signed in on this machine, when empty.',
    ),
  LAKE_EXTERNAL_LOCATIONS: locations()
    .default([])
    .register(secrets, { secret: true })
    .describe(
      "Places outside a table that its log or links may lead to: folders, containers or accounts, separated by commas, one of Azure with a SAS if it needs one. None but the table's own storage account when empty.",
    ),

  SILVER_SCHEDULE: schedule().default(everyMinute(0)).describe('When silver runs (NCRONTAB, six fields).'),
  GOLD_SCHEDULE: schedule()
    .default(everyMinute(20))
    .describe('When gold runs: behind silver, so that it finds what silver has just made.'),
  MONITOR_SCHEDULE: schedule().default(everyMinute(40)).describe('When the monitor runs: behind gold.'),
  MAINTENANCE_SCHEDULE: schedule().default('0 */10 * * * *').describe('When checkpoints and compaction run.'),
  CATCH_UP_SCHEDULE: schedule()
    .default('0 */5 * * * *')
    .describe('When bronze looks for partitions that lag while nothing commits.'),

  BRONZE_MAX_COMMIT_ROWS: whole(1, 10_000_000).default(250_000).describe('Most rows of one bronze commit.'),
  BRONZE_MIN_COMMIT_INTERVAL: whole(0, 3_600_000)
    .default(0)
    .describe('Least milliseconds between two bronze commits of one instance; fewer, larger files for later data.'),
  BRONZE_MAX_RAW_SIZE: bytes(1, 256 * megabyte)
    .default(64 * megabyte)
    .describe(
      'Longest key, value or headers of a record that bronze keeps; of longer ones it keeps length and SHA-256, as RECORD_TOO_LARGE.',
    ),
  BRONZE_MEMORY_BUDGET: bytes(megabyte)
    .optional()
    .describe(
      'Most bytes of keys, values and headers that bronze has in work at once in one process, from fetch to commit; a larger record goes alone. Memory takes several times as much. A sixteenth of the memory (32MB to 512MB) when empty.',
    ),
  BRONZE_WORKERS: whole(0, 64)
    .default(0)
    .describe('Threads that parse and encode bronze rows; 0 chooses by the cores.'),
  SILVER_MAX_ROWS_PER_RUN: whole(1, 1_000_000_000)
    .default(5_000_000)
    .describe('Most bronze rows one silver run takes on; the next continues.'),
  SILVER_KEY_INDEX: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'Whether silver keeps an index of its keys, so that a run does not read the keys of the whole dedupeWithin.',
    ),
  DUCKDB_MEMORY_LIMIT: bytes(64 * megabyte)
    .default(1024 ** 3)
    .describe('Most memory DuckDB may use; beyond it, it spills to TEMP_FOLDER.'),
  TEMP_FOLDER: checked(folderFault)
    .optional()
    .describe("Folder for spilled and fetched data; the system's when empty."),
  TEMP_LIMIT: bytes(megabyte)
    .default(10 * 1024 ** 3)
    .describe('Most bytes TEMP_FOLDER may hold.'),
  INSTANCE_MEMORY_MB: whole(256, 1_048_576).default(2048).describe('Memory of one instance, for the cost estimate.'),

  MODEL_URI: checked(modelUriFault)
    .optional()
    .describe(
      "Where models come from, in place of what the streams declare: `lake:models/<name>`, or of an MLflow server `models:/<name>@<alias>`, `models:/<name>/<version>`, `models:/<name>?tag=<key>:<value>`. `{stream}` in it is the stream's name.",
    ),
  MODEL_SCHEDULE: schedule()
    .default('0 */5 * * * *')
    .describe("When the MLflow server is asked for the streams' models, and a new one is copied into the lake."),
  MODEL_FAULT_DEGRADED: duration()
    .default(60 * 60_000)
    .describe(
      'A model that cannot be loaded or asked for longer than this: status DEGRADED; until then it is a remark.',
    ),
  MODEL_TIMEOUT: duration()
    .default(60_000)
    .describe(
      'How long a model may take to load or to score one batch; then it is stopped and the last good one goes on.',
    ),
  MODEL_MEMORY_LIMIT: bytes()
    .default(512 * 1024 ** 2)
    .describe('Most memory the models of one process may use.'),
  ANOMALY_THRESHOLD: numberBetween(-1_000_000, 1_000_000, 'number')
    .optional()
    .describe(
      'A score above it is an anomaly (below it, for a stream that says so). What the stream declares, else what the model says, else 0.5, when empty.',
    ),

  MLFLOW_TRACKING_URI: checked(trackingUriFault)
    .optional()
    .describe(
      'An MLflow server, for models named `models:/…` and for tracking: `http(s)://host:port`, `databricks`, or `azureml://…` as `az ml workspace show --query mlflow_tracking_uri` prints it. None when empty.',
    ),
  MLFLOW_REGISTRY_URI: checked(trackingUriFault)
    .optional()
    .describe(
      'Where registered models are, when elsewhere; `databricks-uc` (the default with `databricks`) is Unity Catalog.',
    ),
  MLFLOW_TRACKING_USERNAME: text().optional().describe('User of the MLflow server (basic authentication).'),
  MLFLOW_TRACKING_PASSWORD: secret('Password of that user.'),
  MLFLOW_TRACKING_TOKEN: secret('Bearer token for the MLflow server, instead of user and password.'),
  MLFLOW_TRACKING_ENTRA_SCOPE: checked(entraScopeFault)
    .optional()
    .describe(
      "Scope of the identity's token for an MLflow server behind Microsoft Entra, `api://<application>/.default`. Azure Databricks and Azure Machine Learning need none.",
    ),
  DATABRICKS_HOST: checked(httpUrlFault)
    .optional()
    .describe('The workspace, `https://<workspace>.azuredatabricks.net`, when MLFLOW_TRACKING_URI is `databricks`.'),
  DATABRICKS_TOKEN: secret("Token of Databricks; the identity's when empty."),
  MLFLOW_EXPERIMENT_NAME: text()
    .default('{stream}')
    .describe("The experiment that trainings are runs of; `{stream}` in it is the stream's name."),
  MLFLOW_HTTP_REQUEST_TIMEOUT: whole(1, 3600)
    .default(30)
    .describe('Seconds without a byte after which a request to the MLflow server is given up.'),
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: whole(0, 10)
    .default(3)
    .describe('How many more times a request to the MLflow server is made that failed for a reason that passes.'),

  TRAIN_SCHEDULE: schedule()
    .optional()
    .describe('When the models of the streams are trained and registered (NCRONTAB); never by itself when absent.'),
  TRAIN_ROWS: whole(1_000, 10_000_000)
    .default(200_000)
    .describe('Most rows of silver that a training draws: four fifths to train on, one fifth to measure by.'),
  MODEL_PROMOTION_MARGIN: numberBetween(0, 1, 'number')
    .default(0.01)
    .describe(
      'By how much a new model must beat the champion to take its place, in area under the ROC curve on the same held-out rows.',
    ),

  FRESHNESS_LATE: duration()
    .default(5 * 60_000)
    .describe('The newest event older than this: status LATE.'),
  FRESHNESS_STALE: duration()
    .default(60 * 60_000)
    .describe('The newest event older than this: status STALE.'),
  QUARANTINE_LATE: duration()
    .optional()
    .describe('A rejected record in quarantine for longer: status LATE. Empty: however long it waits.'),
  CHECKPOINT_INTERVAL: whole(1, 100_000)
    .default(100)
    .describe(
      "Commits after which maintenance writes a checkpoint, where the table's `delta.checkpointInterval` says nothing.",
    ),
  COMPACTION_TARGET_SIZE: bytes()
    .default(128 * 1024 ** 2)
    .describe("Bytes of a compacted file, where the table's `delta.targetFileSize` says nothing."),
  COMPACTION_MIN_FILES: whole(2, 100_000)
    .default(16)
    .describe('Small files of one partition that are worth compacting before they fill a file.'),
  COMPACTION_MAX_BYTES: bytes()
    .default(2 * 1024 ** 3)
    .describe('Most bytes that maintenance compacts of one table in one run; the next continues.'),
  VACUUM_RETENTION: duration()
    .default(7 * 86_400_000)
    .describe("How long files that were removed or never committed are kept; at least the table's own retention."),

  ALERT_WEBHOOK_URL: secret(
    'Where the monitor sends alerts that begin and end, in the Common Alert Schema of Azure Monitor. None is sent when empty.',
    httpUrlFault,
  ),
  ...alertThresholds,

  COST_PER_GB_SECOND: amount()
    .default(defaultPrices.perGigabyteSecond)
    .describe('Price of a GB-second of an instance, for the cost estimate (USD).'),
  COST_PER_MILLION_EXECUTIONS: amount()
    .default(defaultPrices.perMillionExecutions)
    .describe('Price of a million executions (USD).'),
  COST_PER_10K_WRITES: amount()
    .default(defaultPrices.per10000Writes)
    .describe('Price of ten thousand writes or listings of the storage account (USD).'),
  COST_PER_10K_READS: amount()
    .default(defaultPrices.per10000Reads)
    .describe('Price of ten thousand reads of the storage account (USD).'),
  COST_PRICES_AS_OF: text()
    .default(defaultPrices.asOf)
    .describe('When those prices were so: a year or a day, shown beside every estimate.'),
  PAGE_SQL: z
    .enum(['on', 'off'])
    .default('off')
    .describe(
      'Whether the page answers queries: one SELECT at a time, shut off from all but the tables. `npm start` has it on.',
    ),
  PAGE_AUTH: z
    .enum(['key', 'easyauth'])
    .default('key')
    .describe(
      'Who may see the page: who has a function key, or, with `easyauth`, who is signed in by App Service Authentication. Without it being switched on at the app (`WEBSITE_AUTH_ENABLED`) a key is needed all the same.',
    ),
  LOG_LEVEL: z.enum(logLevels).default('info').describe('The least important line that is logged.'),
  LOG_FORMAT: z
    .enum(['text', 'json'])
    .default('text')
    .describe(
      '`text` for people; `json`: one object a line, with a row for every run and every look of the monitor, which alerts read.',
    ),
})

/** What the settings are once they are read, by their names in the environment. */
export type Environment = z.output<typeof environment>

/** Names of all settings in the environment, in the order of the documentation. */
export const settingNames: readonly (keyof Environment)[] = environment.keyof().options

/** Whether a setting's value must be kept out of messages and logs. */
export function isSecret(name: string): boolean {
  const field = (environment.shape as Readonly<Record<string, z.ZodType>>)[name]
  return field !== undefined && secrets.get(field)?.secret === true
}

/** What the number of a setting counts that is written with its unit, as 512MB. */
export function unitOf(field: z.ZodType): 'milliseconds' | 'bytes' | undefined {
  return units.get(field)?.unit
}
