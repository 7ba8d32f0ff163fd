import type { Action } from '../../../shared/delta/actions/actions.js'
import { checkpointFields } from '../../../shared/delta/checkpoint/checkpointSchema.js'
import { checkpointColumns } from '../../../shared/delta/checkpoint/checkpointValue.js'
import { commitPath, logFolder, paddedVersion } from '../../../shared/delta/log/logName.js'
import { openFileList } from '../../../shared/delta/snapshot/openFileList.js'
import { writeCheckpoint } from '../../../shared/delta/table/writeCheckpoint.js'
import { encodeParquet } from '../../../shared/parquet/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'
import type { Random } from '../../random.js'

/** Writes a checkpoint of the newest version, of whatever kind a reader may find. */
export async function writeAnyCheckpoint(store: ObjectStore, random: Random): Promise<void> {
  const kind = random.pick(['own', 'v2', 'multiPart'] as const)
  if (kind === 'own') await writeCheckpoint(store, 0)
  else if (kind === 'multiPart') await writeMultiPart(store, 1 + random.below(3))
  else
    await writeCheckpoint(store, 0, {
      kind: 'v2',
      format: random.pick(['json', 'parquet']),
      sidecarActions: 1 + random.below(4),
    })
}

/** As old engines cut them; nobody here writes such any more. */
async function writeMultiPart(store: ObjectStore, parts: number): Promise<void> {
  const list = await openFileList(store)
  if (list === undefined || (await store.head(commitPath(list.state.version))) === undefined) return
  const { version, protocol, metadata, txns, domains } = list.state
  const all: Action[] = [{ protocol }, { metaData: metadata }]
  for (const txn of txns.values()) all.push({ txn })
  for (const domainMetadata of domains.values()) all.push({ domainMetadata })
  for await (const actions of list.actions(-Infinity)) all.push(...actions)
  for (let part = 0; part < parts; part++) {
    const actions = all.filter((_action, i) => i % parts === part)
    const digits = (n: number) => n.toString().padStart(10, '0')
    const name = `${logFolder}${paddedVersion(version)}.checkpoint.${digits(part + 1)}.${digits(parts)}.parquet`
    await store.put(
      name,
      encodeParquet(checkpointColumns(actions, checkpointFields({ stats: true })), { codec: 'snappy' }),
    )
  }
}
