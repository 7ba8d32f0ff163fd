import type { Settings } from '../../settings/index.js'
import type { Alert, ThresholdSetting } from './alert.js'

/** Every threshold: a number for all streams, and others for some. */
export type Thresholds = Pick<Settings, ThresholdSetting>

/** The threshold of an alert for a stream; `''` where the rows are of none. */
export function thresholdOf({ threshold }: Alert, stream: string, thresholds: Thresholds): number {
  if (typeof threshold === 'number') return threshold
  const { default: fallback, streams } = thresholds[threshold]
  return Object.hasOwn(streams, stream) ? (streams[stream] ?? fallback) : fallback
}

/** The name of the setting in the environment: `alertLateSeconds` is ALERT_LATE_SECONDS. */
export function settingName(threshold: ThresholdSetting): string {
  return threshold.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()
}
