import type { Action, AddFile } from '../../shared/delta/actions/actions.js'
import { encodeDeletionVector, inlineDeletionVector } from '../../shared/delta/deletionVectors/deletionVector.js'
import { RoaringBitmap } from '../../shared/delta/deletionVectors/roaringBitmap.js'
import { writeCompactedLog } from '../../shared/delta/maintenance/compactedLog.js'
import { DeltaTable } from '../../shared/delta/table/table.js'
import { writeCheckpoint } from '../../shared/delta/table/writeCheckpoint.js'
import { readsNothing } from '../../shared/delta/transaction/transaction.js'
import type { MemoryStore } from '../../shared/storage/index.js'
import type { Random } from '../random.js'
import { writeAnyCheckpoint } from './checkpoint/anyCheckpoint.js'
import { columnField, LogFixture } from './logFixture.js'

const removal = ({ path, partitionValues, size }: AddFile): Action => ({
  remove: { path, dataChange: true, deletionTimestamp: 1, extendedFileMetadata: true, partitionValues, size },
})

export const rowsOfTable = 12

/**
 * A table with everything in it that can be damaged: commits, a checkpoint of any kind with what belongs to it and its
 * hint, a version checksum, a log compaction file, deletion vectors stored and inline, change data, data files.
 */
export async function tableToDamage(random: Random): Promise<MemoryStore> {
  const fields = [columnField('id', 'long'), columnField('name', 'string'), columnField('p', 'integer')]
  const t = new LogFixture({
    fields,
    partitionColumns: ['p'],
    configuration: { 'delta.enableChangeDataFeed': 'true' },
    protocol: {
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors', 'v2Checkpoint'],
      writerFeatures: [
        'appendOnly',
        'changeDataFeed',
        'deletionVectors',
        'domainMetadata',
        'invariants',
        'v2Checkpoint',
      ],
    },
  })
  const stored = encodeDeletionVector([1])
  await t.store.put(stored.name, stored.bytes)
  let previous: AddFile | undefined
  for (let i = 0; i < 8; i++) {
    const vector = i === 3 ? stored.vector : i === 6 ? inlineDeletionVector(RoaringBitmap.of([0])) : undefined
    const more = {
      partitionValues: { p: String(i) },
      stats: '{"numRecords":2}',
      ...(vector === undefined ? {} : { deletionVector: vector }),
    }
    const add = await t.file(`${i}.parquet`, { id: BigInt64Array.of(BigInt(i), BigInt(-i)), name: ['a', null] }, more)
    const rest =
      i % 3 === 0
        ? [{ txn: { appId: `app-${i}`, version: BigInt(i) } }]
        : [{ domainMetadata: { domain: `d${i}`, configuration: '{}', removed: false } }]
    const gone = previous === undefined || i !== 5 ? [] : [removal(previous)]
    previous = add
    await t.commit({ add }, ...rest, ...gone)
    if (i === 2) await writeAnyCheckpoint(t.store, random)
  }
  // A checksum comes with every tenth version, whoever writes it.
  for (let version = 8; version <= 10; version++) {
    await new DeltaTable(t.store, { clock: t.clock }).commit({
      readVersion: version - 1,
      actions: [{ txn: { appId: 'later', version: BigInt(version) } }],
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
  }
  await writeCompactedLog(t.store, { from: 4, to: 7 })
  if (random.below(2) === 0) await writeCheckpoint(t.store, 0)
  return t.store
}
