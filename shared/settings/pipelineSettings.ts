import { z } from 'zod'

import { defaultPrices, logLevels } from '../telemetry/index.js'
import { alertThresholds } from './alertThresholds.js'
import { freshnessTargets } from './cadence.js'
import { lakeUrlFault } from './lakeAddress.js'
import { modelSettings } from './modelSettings.js'
import { folderFault } from './settingFiles.js'
import {
  amount,
  bytes,
  checked,
  duration,
  locations,
  megabyte,
  schedule,
  secret,
  secrets,
  text,
  units,
  whole,
} from './settingKinds.js'
import { clientIdFault, httpUrlFault, storageConnectionFault } from './settingText.js'
import { sourceSettings } from './sourceSettings.js'
import { telemetrySettings } from './telemetrySettings.js'

/** Every setting by its name in the environment: its type, its default and what it is for. */
export const environment = z.object({
  ...sourceSettings,
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

  FRESHNESS_TARGET: z
    .enum(freshnessTargets)
    .default(freshnessTargets[0])
    .describe(
      'By when an event is to be in gold, 99th percentile: silver and gold run each minute, each five seconds, or each second. [What each costs](#how-fresh-and-what-it-costs).',
    ),
  SILVER_SCHEDULE: schedule()
    .optional()
    .describe('When silver runs (NCRONTAB, six fields), in place of what FRESHNESS_TARGET says.'),
  GOLD_SCHEDULE: schedule()
    .optional()
    .describe(
      'When gold runs, in place of what FRESHNESS_TARGET says: behind silver, so that it finds what silver has just made.',
    ),
  MONITOR_SCHEDULE: schedule().default('20 * * * * *').describe('When the monitor runs: behind gold.'),
  MAINTENANCE_SCHEDULE: schedule()
    .default('30 */10 * * * *')
    .describe('When checkpoints and compaction run: between the minutes at which silver, gold and the monitor do.'),
  CATCH_UP_SCHEDULE: schedule()
    .default('0 */5 * * * *')
    .describe('When bronze looks for partitions that lag while nothing commits.'),

  BRONZE_MAX_COMMIT_ROWS: whole(1, 10_000_000).default(250_000).describe('Maximum rows of one bronze commit.'),
  BRONZE_MIN_COMMIT_INTERVAL: whole(0, 3_600_000)
    .default(0)
    .describe('Minimum milliseconds between two bronze commits of one instance; fewer, larger files for later data.'),
  BRONZE_MAX_RAW_SIZE: bytes(1, 256 * megabyte)
    .default(64 * megabyte)
    .describe(
      'Longest key, value or headers of a record that bronze keeps; of longer ones it keeps length and SHA-256, as RECORD_TOO_LARGE.',
    ),
  BRONZE_MEMORY_BUDGET: bytes(megabyte)
    .optional()
    .describe(
      'Maximum bytes of keys, values and headers that bronze processes at once in one process, from fetch to commit; a larger record goes alone. Memory takes several times as much. A sixteenth of the memory (32MB to 512MB) when empty.',
    ),
  BRONZE_WORKERS: whole(0, 64)
    .default(0)
    .describe('Threads that parse and encode bronze rows; 0 chooses by the cores.'),
  SILVER_MAX_ROWS_PER_RUN: whole(1, 1_000_000_000)
    .default(5_000_000)
    .describe(
      'Most rows one run of silver or gold takes on, in pieces that there is memory for, each a commit; the next run continues.',
    ),
  SILVER_KEY_INDEX: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'Whether silver keeps an index of its keys, so that a run does not read the keys of the whole dedupeWithin.',
    ),
  DUCKDB_MEMORY_LIMIT: bytes(64 * megabyte)
    .optional()
    .describe(
      'Maximum memory DuckDB may use; beyond it, it spills to TEMP_FOLDER. A quarter of what the process may use, and of INSTANCE_MEMORY_MB (128MB to 1GB), when empty, and 80MB for maintenance where that is enough for its rows. Steps work on as many rows at once as fit into it.',
    ),
  TEMP_FOLDER: checked(folderFault)
    .optional()
    .describe("Folder for spilled and fetched data; the system's when empty."),
  TEMP_LIMIT: bytes(megabyte)
    .default(10 * 1024 ** 3)
    .describe('Maximum bytes TEMP_FOLDER may hold.'),
  INSTANCE_MEMORY_MB: whole(256, 1_048_576).default(2048).describe('Memory of one instance, for the cost estimate.'),

  ...modelSettings,

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
    .describe('Maximum bytes that maintenance compacts of one table in one run; the next continues.'),
  VACUUM_RETENTION: duration()
    .default(7 * 86_400_000)
    .describe("How long files that were removed or never committed are kept; at least the table's own retention."),

  ALERT_WEBHOOK_URL: secret(
    'Where the monitor sends alerts that fire and are resolved, in the Common Alert Schema of Azure Monitor. None is sent when empty.',
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
  ...telemetrySettings,
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
