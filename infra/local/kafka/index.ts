export { startBroker, type Broker, type BrokerOptions } from './broker.js'
export { findJava, oldestJava, type Java } from './java.js'
export { LocalKafkaError, localKafkaErrorCodes, type LocalKafkaErrorCode } from './localKafkaError.js'
