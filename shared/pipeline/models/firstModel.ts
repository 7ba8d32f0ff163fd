import type { Stream } from '../../contract/index.js'
import { type Champion, FolderModelSource, starterModel } from '../../models/index.js'
import { fits } from '../features/index.js'
import type { Lake } from '../lake/index.js'
import type { ModelPlace } from './modelPlace.js'

/** The folder of the model that shipped before a model belonged to its stream. */
const formerName = 'anomaly'

/**
 * Gives a folder of the lake that has no model its first one: the champion that scored the stream under the former name,
 * else the model that ships. `undefined` when neither is for this stream.
 */
export async function installFirstModel(lake: Lake, stream: Stream, place: ModelPlace): Promise<Champion | undefined> {
  const { name } = place.uri
  const former = new FolderModelSource(lake.store.within('models'), formerName)
  const before = name === formerName ? undefined : await former.champion()
  const files = before === undefined ? starterModel(name) : await former.load(before.version)
  if (files.card.stream !== stream.name || !fits(files.card, stream)) return undefined
  await place.source.install({ ...files, card: { ...files.card, name } })
  const champion = await place.source.champion()
  const what = before === undefined ? 'the model that ships' : `models/${formerName}`
  lake.log.info(`Installed ${what} as ${place.path}.`, { stream: stream.name, model: name, version: champion?.version })
  return champion
}
