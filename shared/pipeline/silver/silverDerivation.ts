import { bronzePath, silverTable, type Stream } from '../../contract/index.js'
import {
  type AllRows,
  type Derivation,
  eventDate,
  hasCursor,
  lostRowsOf,
  pieceOf,
  type RefreshOptions,
} from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { tallyJson } from './counters.js'
import { refineBatch } from './refineBatch.js'

/** How silver is made of bronze. */
export function silverDerivation(lake: Lake, stream: Stream, options: RefreshOptions): Derivation {
  return {
    source: { path: bronzePath(stream), madeBy: 'lake run bronze' },
    target: {
      spec: silverTable(stream),
      carriesColumns: true,
      layer: 'silver',
      rebuiltBy: 'lake rebuild silver',
      retention: { dayColumn: eventDate, retainMs: stream.retention.silver },
      // What replays brought has its place among the rows of bronze: read from the beginning, it would come too late.
      outdated: async ({ state }) => {
        if (hasCursor(state)) return undefined
        const { hasRecordedReplays } = await import('../outcomes/index.js')
        return (await hasRecordedReplays(lake, stream))
          ? 'rows that replays brought are in no row of bronze'
          : undefined
      },
    },
    piece: pieceOf(lake, options),
    detail: {},
    apply: async batch => {
      const { adds, tally, priorFiles, keyStretches } = await refineBatch(lake, stream, options, batch)
      const { valid, inserted, duplicates, late, expired } = tally
      const read = { filesRead: batch.files.length, priorFiles, keyStretches, bronzeVersion: batch.next.version }
      return {
        adds,
        rows: inserted - expired,
        info: tallyJson(tally),
        detail: { valid, inserted, duplicates, late, expired, files: adds.length, ...read },
      }
    },
    rebuild: async (whole): Promise<AllRows> => {
      const { recompute } = await import('./recompute.js')
      const { adds, tally, rows, replayed, carried } = await recompute(lake, stream, options, whole)
      const { valid, inserted, duplicates, late, expired } = tally
      const read = { filesRead: whole.source.numFiles, bronzeVersion: whole.source.version }
      return {
        adds,
        rows: inserted - expired,
        rowsRead: rows,
        // Rows that silver keeps of records that bronze has lost were read of it, although before.
        info: { ...tallyJson(tally, replayed), lostBefore: lostRowsOf(whole.source, 'valid') - carried },
        detail: { valid, inserted, duplicates, late, expired, files: adds.length, ...read },
      }
    },
  }
}
