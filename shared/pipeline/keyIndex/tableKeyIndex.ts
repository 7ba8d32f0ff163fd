import { silverPath, type Stream } from '../../contract/index.js'
import { type DeltaTable, isMapped, type TableState } from '../../delta/index.js'
import { dayMs } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { IndexedColumns } from './buildSegment.js'
import { isHashable } from './keyHash.js'
import { KeyIndex } from './keyIndex.js'
import { keyIndexFolder } from './segmentName.js'

/** An index of a table, and the columns it is of. */
export interface TableKeyIndex {
  readonly index: KeyIndex
  readonly columns: IndexedColumns
}

/** What an index knows stays with the process: segments opened once are not read again. */
const indexes = new WeakMap<DeltaTable, Map<string, KeyIndex>>()

/**
 * The key index of a stream's silver as it is now.
 *
 * @returns undefined where there can be none: it is switched off, keys of this type are not indexed, or the table's files
 *   do not have its columns under their names
 */
export function keyIndexOf(
  lake: Lake,
  stream: Stream,
  { metadata, schema }: Pick<TableState, 'metadata' | 'schema'>,
): TableKeyIndex | undefined {
  const key = schema.fields.find(({ name }) => name === stream.key)
  const eventTime = schema.fields.find(({ name }) => name === stream.eventTime)
  if (lake.settings.silverKeyIndex === 'off' || isMapped(metadata.configuration)) return undefined
  if (key === undefined || eventTime === undefined || !isHashable(key.type)) return undefined
  const columns = { key, eventTime }
  const table = lake.table(silverPath(stream))
  const known = indexes.get(table) ?? new Map<string, KeyIndex>()
  indexes.set(table, known)
  const id = JSON.stringify([metadata.id, columns])
  let index = known.get(id)
  if (index === undefined) {
    const spanDays = Math.max(1, Math.ceil(stream.dedupeWithinMs / dayMs / 4))
    index = new KeyIndex({ store: table.store, files: lake.files, columns, spanDays, log: lake.log })
    known.set(id, index)
  }
  return { index, columns }
}

/**
 * Brings the index of a stream's silver up to its files, on a schedule. Days are indexed back to where duplicates of new
 * events can be; older files are read whole when a very late event asks for them.
 */
export async function maintainKeyIndex(lake: Lake, stream: Stream): Promise<void> {
  const snapshot = await lake.table(silverPath(stream)).snapshot()
  const found = snapshot && keyIndexOf(lake, stream, snapshot)
  if (snapshot === undefined || found === undefined) return
  const window = stream.dedupeWithinMs + stream.allowedLatenessMs + dayMs
  const from = new Date(lake.clock.now() - window).toISOString().slice(0, 10)
  await found.index.maintain(snapshot.files, from)
}

/** Deletes the index: it has hashes of keys that are erased. What is still needed of it is built again. */
export async function dropKeyIndex({ store }: Pick<DeltaTable, 'store'>): Promise<void> {
  for await (const { path } of store.list(`${keyIndexFolder}/`)) await store.delete(path)
}
