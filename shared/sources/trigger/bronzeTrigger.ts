import type { Stream } from '../../contract/index.js'
import type { Settings, SettingValues } from '../../settings/index.js'
import { eventHubBinding } from './eventHubBinding.js'
import { fromEventHubTrigger } from './eventHubPayload.js'
import { kafkaBinding } from './kafkaBinding.js'
import { fromKafkaTrigger } from './kafkaPayload.js'
import type { TriggerBatch, TriggerMetadata } from './triggerBatch.js'

/** A stream's trigger binding, and the reader of what the platform delivers by it. */
export interface BronzeTrigger {
  /** The trigger as the platform takes it. */
  readonly binding: Record<string, unknown> & { readonly type: string }
  /** The records of one invocation. */
  readonly read: (payload: unknown, metadata: TriggerMetadata | undefined) => TriggerBatch
}

/** What starts a stream's bronze function, by the SOURCE setting. */
export function bronzeTrigger(stream: Stream, settings: Settings, values: SettingValues): BronzeTrigger {
  return settings.source === 'kafka'
    ? { binding: kafkaBinding(stream, settings, values), read: fromKafkaTrigger }
    : {
        binding: eventHubBinding(stream, settings, values),
        read: (payload, metadata) => fromEventHubTrigger(stream.topic, payload, metadata),
      }
}
