export { KafkaSource, type KafkaSourceOptions } from './kafkaSource.js'
export { type KafkaConnection, type OAuthClient } from './connection.js'
export { registerCodecs, type Compression } from './codecs.js'
