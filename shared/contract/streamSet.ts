import { ContractError } from './contractError.js'
import type { Stream } from './stream.js'

/**
 * The streams of one lake, each under a name of its own: the name is the folder of its tables, the function and the
 * consumer group. Several streams may read one topic; each then has every record of it in its own tables, and those that
 * do not fit its contract in its quarantine.
 *
 * @throws ContractError BAD_STREAM for a name that two streams have
 */
export function streamSet(streams: readonly Stream[]): readonly Stream[] {
  const topics = new Map<string, string>()
  for (const { name, topic } of streams) {
    const other = topics.get(name)
    if (other !== undefined) {
      throw new ContractError(
        'BAD_STREAM',
        `Two streams have the name ${name} (of the topics ${other} and ${topic}): they would write into the same tables. Give one of them another name.`,
        { stream: name },
      )
    }
    topics.set(name, topic)
  }
  return streams
}

/** Topics that several streams read, with the streams' names. */
export function sharedTopics(streams: readonly Stream[]): ReadonlyMap<string, readonly string[]> {
  const readers = Map.groupBy(streams, ({ topic }) => topic)
  return new Map(
    Array.from(readers, ([topic, of]) => [topic, of.map(({ name }) => name)] as const).filter(
      ([, names]) => names.length > 1,
    ),
  )
}
