// Made by `npm run docs` from shared/settings/environment.ts and shared/streams.

@description('Every setting that is not secret, with its default; empty: not set.')
@export()
var defaultSettings = {
  SOURCE: 'kafka'
  KAFKA_BROKERS: ''
  KAFKA_SECURITY_PROTOCOL: 'plaintext'
  KAFKA_SASL_MECHANISM: ''
  KAFKA_USERNAME: ''
  KAFKA_SSL_CA: ''
  KAFKA_SSL_CERTIFICATE: ''
  KAFKA_OAUTH_TOKEN_ENDPOINT: ''
  KAFKA_OAUTH_CLIENT_ID: ''
  KAFKA_OAUTH_SCOPE: ''
  KAFKA_CONSUMER_GROUP: 'kafka-delta-functions'
  KAFKA_MAX_POLL_INTERVAL_MS: '300000'
  EVENTHUBS_NAMESPACE: ''
  EVENTHUBS_CONSUMER_GROUP: '$Default'
  EVENTHUBS_READER_CONSUMER_GROUP: 'lake-reader'
  LAKE_URL: ''
  AZURE_CLIENT_ID: ''
  SILVER_SCHEDULE: '0 * * * * *'
  GOLD_SCHEDULE: '20 * * * * *'
  MONITOR_SCHEDULE: '40 * * * * *'
  MAINTENANCE_SCHEDULE: '0 */10 * * * *'
  CATCH_UP_SCHEDULE: '0 */5 * * * *'
  BRONZE_MAX_COMMIT_ROWS: '250000'
  BRONZE_MIN_COMMIT_INTERVAL: '0'
  BRONZE_MAX_RAW_SIZE: '64MB'
  BRONZE_MEMORY_BUDGET: ''
  BRONZE_WORKERS: '0'
  SILVER_MAX_ROWS_PER_RUN: '5000000'
  DUCKDB_MEMORY_LIMIT: '1GB'
  TEMP_FOLDER: ''
  TEMP_LIMIT: '10GB'
  INSTANCE_MEMORY_MB: '2048'
  MODEL_NAME: 'anomaly'
  MODEL_TIMEOUT: '1 minute'
  MODEL_MEMORY_LIMIT: '512MB'
  ANOMALY_THRESHOLD: '0.5'
  FRESHNESS_LATE: '5 minutes'
  FRESHNESS_STALE: '1 hour'
  CHECKPOINT_INTERVAL: '100'
  COMPACTION_TARGET_SIZE: '128MB'
  COMPACTION_MIN_FILES: '16'
  COMPACTION_MAX_BYTES: '2GB'
  VACUUM_RETENTION: '7 days'
  COST_PER_GB_SECOND: '0.000026'
  COST_PER_MILLION_EXECUTIONS: '0.4'
  COST_PER_10K_WRITES: '0.065'
  COST_PER_10K_READS: '0.005'
  LOG_LEVEL: 'info'
}

@description('Settings whose values are in the Key Vault and nowhere else.')
@export()
var secretSettings = [
  'KAFKA_PASSWORD'
  'KAFKA_SSL_KEY'
  'KAFKA_SSL_KEY_PASSWORD'
  'KAFKA_OAUTH_CLIENT_SECRET'
  'EVENTHUBS_CONNECTION_STRING'
  'LAKE_CONNECTION_STRING'
  'LAKE_EXTERNAL_LOCATIONS'
]

@description('Topics of the declared streams.')
@export()
var topics = [
  'events'
]
