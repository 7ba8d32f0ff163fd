/** What the triggers of Azure Functions deliver, as records. */
export { bronzeTrigger } from './bronzeTrigger.js'
export { consumerGroupOf } from './consumerGroup.js'
export { fromEventHubTrigger } from './eventHubPayload.js'
export { fromKafkaTrigger } from './kafkaPayload.js'
export { cadenceReference, isSettingGiven, settingReference } from './settingReference.js'
