import type { Stream } from '../../contract/index.js'
import type { Settings, SettingValues } from '../../settings/index.js'
import { consumerGroupOf } from './consumerGroup.js'
import { settingReference } from './settingReference.js'

/** The extension's names of enumeration members; the spelling of librdkafka (`sasl_ssl`) is not one of them. */
const protocols = { plaintext: undefined, ssl: 'Ssl', sasl_plaintext: 'SaslPlaintext', sasl_ssl: 'SaslSsl' } as const
const mechanisms = {
  plain: 'Plain',
  'scram-sha-256': 'ScramSha256',
  'scram-sha-512': 'ScramSha512',
  oauthbearer: 'OAuthBearer',
} as const

/** A `kafkaTrigger` binding, under the names of properties that the Kafka extension has. */
export interface KafkaBinding extends Record<string, unknown> {
  readonly type: 'kafkaTrigger'
}

/**
 * The Kafka trigger of a stream's bronze function. Each stream has a consumer group of its own: in a shared one,
 * members with different subscriptions rebalance each other, and some assigners give partitions to members that never
 * asked for them. What the settings leave out is absent, not empty: the extension reads an empty text as a value.
 */
export function kafkaBinding(stream: Stream, settings: Settings, values: SettingValues): KafkaBinding {
  const reference = (name: Parameters<typeof settingReference>[0]) => settingReference(name, values)
  const protocol = protocols[settings.kafkaSecurityProtocol]
  return {
    type: 'kafkaTrigger',
    name: 'records',
    topic: stream.topic,
    brokerList: reference('KAFKA_BROKERS'),
    consumerGroup: consumerGroupOf(reference('KAFKA_CONSUMER_GROUP'), stream.name),
    cardinality: 'MANY',
    dataType: stream.dataType,
    ...(protocol !== undefined && { protocol }),
    ...(settings.kafkaSecurityProtocol.startsWith('sasl_') && signIn(settings)),
    ...(settings.kafkaSecurityProtocol.endsWith('ssl') && certificates(settings)),
  }
}

function signIn(settings: Settings): Record<string, string> {
  if (settings.kafkaSaslMechanism === undefined) return {}
  const authenticationMode = mechanisms[settings.kafkaSaslMechanism]
  if (settings.kafkaSaslMechanism !== 'oauthbearer') {
    return { authenticationMode, username: '%KAFKA_USERNAME%', password: '%KAFKA_PASSWORD%' }
  }
  return {
    authenticationMode,
    oAuthBearerMethod: 'oidc',
    oAuthBearerTokenEndpointUrl: '%KAFKA_OAUTH_TOKEN_ENDPOINT%',
    oAuthBearerClientId: '%KAFKA_OAUTH_CLIENT_ID%',
    oAuthBearerClientSecret: '%KAFKA_OAUTH_CLIENT_SECRET%',
    ...(settings.kafkaOauthScope !== undefined && { oAuthBearerScope: '%KAFKA_OAUTH_SCOPE%' }),
  }
}

function certificates({
  kafkaSslCa,
  kafkaSslCertificate,
  kafkaSslKey,
  kafkaSslKeyPassword,
}: Settings): Record<string, string> {
  return {
    ...fileOrText('sslCa', 'KAFKA_SSL_CA', kafkaSslCa),
    ...fileOrText('sslCertificate', 'KAFKA_SSL_CERTIFICATE', kafkaSslCertificate),
    ...fileOrText('sslKey', 'KAFKA_SSL_KEY', kafkaSslKey),
    ...(kafkaSslKeyPassword !== undefined && { sslKeyPassword: '%KAFKA_SSL_KEY_PASSWORD%' }),
  }
}

function fileOrText(property: string, setting: string, value: string | undefined): Record<string, string> {
  if (value === undefined) return {}
  return { [`${property}${value.includes('-----BEGIN') ? 'PEM' : 'Location'}`]: `%${setting}%` }
}
