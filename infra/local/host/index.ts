/** The function host on this machine. */
export { FunctionApp, type InvocationInput, type InvocationOutcome } from './functionApp.js'
export { loadApp } from './functionHost.js'
export { parseHostSettings } from './hostSettings.js'
export { KafkaFeed } from './kafkaFeed.js'
export { KafkaListener } from './kafkaListener.js'
export { kafkaInput } from './kafkaPayload.js'
export { timerInput } from './timerListener.js'
