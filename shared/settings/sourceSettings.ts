import { z } from 'zod'

import { pemFault } from './settingFiles.js'
import { checked, secret, text, whole } from './settingKinds.js'
import {
  brokersFault,
  eventHubsConnectionFault,
  eventHubsGroupFault,
  httpUrlFault,
  namespaceFault,
  registryUrlsFault,
  userInfoFault,
} from './settingText.js'

/** Where records come from: a part of the environment. */
export const sourceSettings = {
  SOURCE: z.enum(['kafka', 'eventhubs']).default('kafka').describe('Where records come from.'),
  KAFKA_BROKERS: checked(brokersFault)
    .default('127.0.0.1:9092')
    .describe('Brokers as `host:port`, separated by commas. Event Hubs: `<namespace>.servicebus.windows.net:9093`.'),
  KAFKA_SECURITY_PROTOCOL: z
    .enum(['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'])
    .default('plaintext')
    .describe('Security protocol of the connections to the brokers.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
    .optional()
    .describe('SASL mechanism; needed with `sasl_plaintext` and `sasl_ssl`.'),
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
}
