import { type ModelSource, starterModel } from '../../../shared/models/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import { installFirstModel, modelPlace, refreshModels } from '../../../shared/pipeline/models/index.js'
import { lakeModelOf, promoteChampion, rollbackChampion, runTraining } from '../../../shared/pipeline/training/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { ok } from '../gold/goldFixture.js'

const margin = { MODEL_PROMOTION_MARGIN: '1' }
const atServer = { MODEL_URI: 'models:/events-anomaly@champion' }

/** What a process does to the models of a lake, and with which settings. */
export interface ModelAction {
  readonly settings: Readonly<Record<string, string>>
  readonly run: (lake: Lake) => Promise<unknown>
}

/** The model of the sample stream. */
export function modelOf(lake: Lake) {
  const model = lakeModelOf(lake, events)
  if (model === undefined) throw new Error('the sample stream has no model')
  return model
}

const train = async (lake: Lake, seed: number) =>
  ok([(await runTraining(lake, events, 'timer', { register: true, seed, rows: 1_500 })).report])

function server(version: string): ModelSource {
  const { card, onnx } = starterModel('events-anomaly')
  const own = { ...card, version }
  return {
    champion: () => Promise.resolve({ name: own.name, version, digest: own.sha256 }),
    load: () => Promise.resolve({ card: own, onnx }),
  }
}

const copied = (version: string): ModelAction => ({
  settings: atServer,
  run: async lake => ok(await refreshModels(lake, 'timer', () => Promise.resolve(server(version)))),
})

/** Everything that changes models, in an order in which each finds something to do. */
export const modelActions = {
  install: {
    settings: {},
    run: async lake => {
      const place = modelPlace(lake, events)
      if (place !== undefined) await installFirstModel(lake, events, place)
    },
  },
  train: { settings: margin, run: lake => train(lake, 1) },
  'train again': { settings: margin, run: lake => train(lake, 2) },
  promote: { settings: margin, run: lake => promoteChampion(lake, events, modelOf(lake), '2') },
  rollback: { settings: margin, run: lake => rollbackChampion(lake, events, modelOf(lake)) },
  copy: copied('7'),
  'copy the next': copied('8'),
} as const satisfies Record<string, ModelAction>
export type ModelActionName = keyof typeof modelActions
