import { lineage, type Stream } from '../../contract/index.js'
import { type Lake, openSession } from '../lake/index.js'
import { placeOf, recordOutcomes } from '../outcomes/index.js'
import { loadQuarantined } from './quarantinedRecords.js'
import type { QuarantineFilter } from './quarantineFilter.js'

/** Records whose outcomes one commit has. */
const chunkRecords = 50_000

/**
 * Settles quarantined records for good without bringing them to silver. Bronze keeps them.
 *
 * @returns how many
 * @throws PipelineError CONTENDED when other writers of outcomes won every time
 */
export async function purgeQuarantine(
  lake: Lake,
  stream: Stream,
  filter: QuarantineFilter,
  options: { readonly by: string; readonly why?: string | undefined },
): Promise<number> {
  await recordOutcomes(lake, stream)
  await using session = await openSession(lake)
  const found = await loadQuarantined(session, lake, stream, filter, [])
  if (found === undefined) return 0
  const note = { by: options.by, why: options.why, fix: undefined, at: await lake.store.now() }
  const bronzeId = found.bronze.metadata.id
  const count = await found.rows.count()
  for (let from = 0; from < count; from += chunkRecords) {
    const { rows } = await session.query(
      `SELECT ${lineage.join(', ')} FROM ${found.rows.name} WHERE n >= ${from} AND n < ${from + chunkRecords}`,
    )
    await recordOutcomes(lake, stream, [{ outcome: 'purged', records: rows.map(placeOf), bronzeId, note }])
  }
  return count
}
