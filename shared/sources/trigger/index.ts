/** What the triggers of Azure Functions deliver, as records. */
export { bronzeTrigger } from './bronzeTrigger.js'
export { fromEventHubTrigger } from './eventHubTrigger.js'
export { fromKafkaTrigger } from './kafkaTrigger.js'
export { isSettingGiven, settingReference } from './settingReference.js'
