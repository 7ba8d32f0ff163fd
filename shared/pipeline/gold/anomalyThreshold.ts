import type { Stream } from '../../contract/index.js'
import type { ModelCard } from '../../models/index.js'
import type { Settings } from '../../settings/index.js'

/** Where neither setting, contract nor model says anything: the middle of scores from 0 to 1. */
const middle = 0.5

/** From which score on a row is an anomaly: ANOMALY_THRESHOLD, or the contract's, or that of the model's own card. */
export function anomalyThreshold(
  settings: Pick<Settings, 'anomalyThreshold'>,
  stream: Stream,
  card: Pick<ModelCard, 'threshold'>,
): number {
  return settings.anomalyThreshold ?? stream.model?.threshold ?? card.threshold ?? middle
}
