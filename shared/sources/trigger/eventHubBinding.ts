import type { Stream } from '../../contract/index.js'
import type { Settings, SettingValues } from '../../settings/index.js'
import { settingReference } from './settingReference.js'

/** An `eventHubTrigger` binding, under the names of properties that the Event Hubs extension has. */
export interface EventHubBinding extends Record<string, unknown> {
  readonly type: 'eventHubTrigger'
}

/**
 * The Event Hubs trigger of a stream's bronze function. Values are asked for as bytes: as text they would arrive parsed
 * by JSON, their digits and spaces lost. Without a connection string, the platform signs in by identity with the
 * settings that begin with `EVENTHUBS__` (`EVENTHUBS__fullyQualifiedNamespace`).
 */
export function eventHubBinding(stream: Stream, settings: Settings, values: SettingValues): EventHubBinding {
  return {
    type: 'eventHubTrigger',
    name: 'records',
    eventHubName: stream.topic,
    connection: settings.eventhubsConnectionString === undefined ? 'EVENTHUBS' : 'EVENTHUBS_CONNECTION_STRING',
    consumerGroup: settingReference('EVENTHUBS_CONSUMER_GROUP', values),
    cardinality: 'many',
    dataType: 'binary',
  }
}
