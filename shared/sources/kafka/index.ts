export { KafkaSource, type KafkaSourceOptions } from './kafkaSource.js'
export type { KafkaConnection } from './connection.js'
export type { OAuthClient } from './oauthToken.js'
export { registerCodecs, type Compression } from './codecs.js'
