import { existsSync, readFileSync } from 'node:fs'
import { type ConnectionOptions, createSecureContext, type SecureContextOptions } from 'node:tls'

import type { SASLOptions } from 'kafkajs'

import { asError } from '../../errors.js'
import { protectSecret } from '../../telemetry/index.js'
import { SourceError } from '../sourceError.js'
import type { ConnectionSettings } from './kafkajsInternals.js'
import { type OAuthClient, oauthTokens } from './oauthToken.js'

/** Values of Kafka's `security.protocol`, in lower case as librdkafka spells them. */
export const securityProtocols = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const
/** Ways of signing in that the client speaks, as kafkajs spells them; GSSAPI (Kerberos) is not among them. */
export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const

/** How to reach a Kafka cluster: what the trigger's settings say, too. */
export interface KafkaConnection {
  /** `host:port` each. */
  readonly brokers: readonly string[]
  /** Default plaintext. */
  readonly securityProtocol?: (typeof securityProtocols)[number] | undefined
  readonly saslMechanism?: (typeof saslMechanisms)[number] | undefined
  /** Event Hubs: `$ConnectionString`. */
  readonly username?: string | undefined
  /** Event Hubs: the connection string. */
  readonly password?: string | undefined
  /** PEM text or the path of a PEM file; so are `cert` and `key`. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly keyPassword?: string | undefined
  readonly oauth?: OAuthClient | undefined
  readonly clientId?: string | undefined
}

/** A checked connection as kafkajs takes it, before it has a logger. */
export type KafkaClientSettings = Omit<ConnectionSettings, 'logger'>

/** Checks the connection and turns it into what the client needs. @throws SourceError SOURCE_BAD_SETTINGS */
export function clientSettings(connection: KafkaConnection): KafkaClientSettings {
  const protocol = connection.securityProtocol ?? 'plaintext'
  const brokers = connection.brokers.map(broker => broker.trim())
  for (const broker of brokers) {
    const port = /^.+:(\d{1,5})$/.exec(broker)?.[1]
    if (port === undefined) throw badSettings(`Kafka broker "${broker}" is not host:port. Correct KAFKA_BROKERS.`)
    if (Number(port) < 1 || Number(port) > 65_535)
      throw badSettings(`Kafka broker "${broker}" has a port that does not exist. Correct KAFKA_BROKERS.`)
  }
  if (brokers.length === 0) throw badSettings('No Kafka brokers are set. Set KAFKA_BROKERS to host:port.')
  return {
    brokers,
    clientId: connection.clientId ?? 'kafka-delta-functions',
    ssl: protocol === 'ssl' || protocol === 'sasl_ssl' ? tlsOptions(connection) : null,
    sasl: protocol === 'sasl_plaintext' || protocol === 'sasl_ssl' ? saslOptions(connection) : null,
    connectionTimeout: 10_000,
    requestTimeout: 30_000,
  }
}

function tlsOptions({ ca, cert, key, keyPassword }: KafkaConnection): ConnectionOptions {
  if ((cert === undefined) !== (key === undefined)) {
    throw badSettings('A client certificate and its key go together. Set both KAFKA_SSL_CERTIFICATE and KAFKA_SSL_KEY.')
  }
  const own = {
    ...(cert === undefined ? {} : { cert: pem(cert, 'KAFKA_SSL_CERTIFICATE') }),
    ...(key === undefined ? {} : { key: pem(key, 'KAFKA_SSL_KEY') }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
  }
  refuseUnusable(own)
  return { ...(ca === undefined ? {} : { ca: pem(ca, 'KAFKA_SSL_CA') }), ...own }
}

/** A key that does not open, or is not the certificate's, would be reported as a broker that cannot be reached. */
function refuseUnusable(own: SecureContextOptions): void {
  try {
    createSecureContext(own)
  } catch (thrown) {
    const remedy = 'Check KAFKA_SSL_CERTIFICATE, KAFKA_SSL_KEY and KAFKA_SSL_KEY_PASSWORD'
    throw badSettings(`The client certificate and its key cannot be used: ${asError(thrown).message}. ${remedy}.`)
  }
}

function saslOptions({ saslMechanism, username, password, oauth }: KafkaConnection): SASLOptions {
  if (saslMechanism === undefined) throw badSettings('SASL needs a mechanism. Set KAFKA_SASL_MECHANISM.')
  if (saslMechanism === 'oauthbearer') {
    if (oauth === undefined) {
      throw badSettings(
        'oauthbearer needs KAFKA_OAUTH_TOKEN_ENDPOINT, KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET.',
      )
    }
    const token = oauthTokens(oauth)
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await token() }) }
  }
  if (username === undefined || password === undefined) {
    throw badSettings(`SASL ${saslMechanism} needs a user and a password. Set KAFKA_USERNAME and KAFKA_PASSWORD.`)
  }
  return { mechanism: saslMechanism, username, password }
}

/** PEM text as it is (an escaped `\n` is a line's end: environments have no real ones), anything else as a path. */
function pem(value: string, setting: string): string {
  if (value.includes('-----BEGIN')) return value.replace(/\\n/g, '\n')
  // The message leaves the value out: it may be a key without its first line.
  if (!existsSync(value))
    throw badSettings(
      `${setting} is neither PEM text, which begins with -----BEGIN, nor the path of a file that is there.`,
    )
  const text = readFileSync(value, 'utf8')
  if (text.includes('PRIVATE KEY')) protectSecret(text)
  return text
}

const badSettings = (message: string): SourceError => new SourceError('SOURCE_BAD_SETTINGS', message)
