import { bronzePath, type Stream } from '../../contract/index.js'
import { scanRows, type TableState } from '../../delta/index.js'
import type { Lake } from '../lake/index.js'
import { allProgress, erasedAppId, type PartitionProgress } from './progress.js'
import type { ErasedOffsets } from './validateRecord.js'

const columns = ['_partition', '_offset', '_topic', '_generation', '_timestamp', '_error_code'] as const

/** What was found, by table and number of its erasures; per process. */
const known = new WeakMap<Lake, { readonly key: string; readonly offsets: Promise<ErasedOffsets | undefined> }>()

/**
 * Offsets that were erased under earlier generations of a topic and that its present one may read again, because it is
 * still the same topic, or nobody knows that it is not. Undefined, and nothing is read, where there are none.
 */
export function erasedOffsets(lake: Lake, stream: Stream, state: TableState): Promise<ErasedOffsets | undefined> {
  const earlier = erasedBefore(stream, state)
  if (earlier.length === 0) return Promise.resolve(undefined)
  const key = [state.metadata.id, ...earlier.map(one => `${one.generation}/${one.partition}/${one.greatest}`)].join(' ')
  const found = known.get(lake)
  if (found?.key === key) return found.offsets
  const offsets = readErased(lake, stream, earlier)
  known.set(lake, { key, offsets })
  offsets.catch(() => known.delete(lake))
  return offsets
}

interface Erased {
  readonly generation: number
  readonly partition: number
  /** The greatest offset that was erased. */
  readonly greatest: bigint
}

function erasedBefore({ topic }: Stream, { metadata, txns }: TableState): readonly Erased[] {
  const all = allProgress(metadata.id, topic, txns)
  return all.flatMap(one => {
    const greatest = txns.get(erasedAppId(metadata.id, { topic, ...one }))?.version
    const newest = all.reduce(
      (last, other) => (other.partition === one.partition && other.generation > last.generation ? other : last),
      one,
    )
    const isDue = newest !== one && greatest !== undefined && greatest > newest.covered && !isOther(one, newest)
    return isDue ? [{ generation: one.generation, partition: one.partition, greatest }] : []
  })
}

const isOther = (a: PartitionProgress, b: PartitionProgress) =>
  a.topicId !== undefined && b.topicId !== undefined && a.topicId !== b.topicId

async function readErased(lake: Lake, stream: Stream, earlier: readonly Erased[]): Promise<ErasedOffsets> {
  const offsets = new Map<number, Map<bigint, bigint | null>>()
  const table = lake.table(bronzePath(stream))
  const snapshot = await table.snapshot()
  if (snapshot === undefined) return offsets
  const wanted = new Set(earlier.map(one => `${one.generation}/${one.partition}`))
  const predicate = { op: '=', column: '_error_code', value: 'ERASED' } as const
  for await (const { rows, columns: data } of scanRows(table.store, snapshot, { columns, predicate }).batches) {
    const [partitions, places, topics, generations, timestamps, codes] = data
    for (let row = 0; row < rows; row++) {
      const partition = partitions?.[row] as number
      if (codes?.[row] !== 'ERASED' || topics?.[row] !== stream.topic) continue
      if (!wanted.has(`${generations?.[row] as number}/${partition}`)) continue
      const known = offsets.get(partition) ?? new Map<bigint, bigint | null>()
      offsets.set(partition, known.set(places?.[row] as bigint, timestamps?.[row] as bigint | null))
    }
  }
  return offsets
}
