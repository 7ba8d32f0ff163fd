/** A real broker on this machine. */
export { type Broker, type BrokerOptions, startBroker } from './broker.js'
export { brokerJars, defaultLibsFolder } from './jars.js'
export { findJava, javaEnvironment, parseJavaVersion } from './java.js'
export { LocalKafkaError } from './localKafkaError.js'
export { localRetentionBytes } from './serverProperties.js'
