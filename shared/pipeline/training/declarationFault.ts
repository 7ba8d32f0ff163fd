import type { Stream } from '../../contract/index.js'
import { forestTensors } from '../../models/forest/index.js'
import type { ModelFiles } from '../../models/index.js'
import type { Lake } from '../lake/index.js'

/**
 * Why no forest could score the stream as it is declared and set, in a sentence with the remedy: known before any row is
 * read. Undefined when one could.
 *
 * @param champion what scores now
 */
export function declarationFault(lake: Lake, stream: Stream, champion: ModelFiles | undefined): string | undefined {
  const { name, model } = stream
  if (model === undefined) return `the stream ${name} declares no model. Give it one, with the features to train on.`
  if (model.anomalies === 'below')
    return `the model of ${name} has its anomalies below the threshold, and a forest scores them above it. Leave anomalies: 'below' out to train one.`
  if (model.output !== undefined && model.output !== forestTensors.output)
    return `the model of ${name} is declared to give its scores as ${model.output}, and a forest gives them as ${forestTensors.output}. Leave output: '${model.output}' out to train one.`
  const set = lake.settings.anomalyThreshold
  const threshold = set ?? model.threshold
  if (threshold !== undefined && !(threshold > 0 && threshold < 1)) {
    const place = set === undefined ? `the model of ${name}` : 'ANOMALY_THRESHOLD'
    const remedy = set === undefined ? 'threshold' : 'it'
    return `${place} has the threshold ${threshold}, and a forest's scores lie between 0 and 1. Leave ${remedy} out, and the threshold is found by the training.`
  }
  if (champion !== undefined && champion.card.stream !== name)
    return `the model ${champion.card.name} scores the stream ${champion.card.stream}, and a version for ${name} would take its place. Give each stream a model of its own: MODEL_URI may hold {stream}.`
  return undefined
}
