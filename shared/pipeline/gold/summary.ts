import {
  scoredPath,
  type Stream,
  summaryCounts,
  summaryGroupName,
  summaryPartitionColumns,
  summaryPath,
  summaryTable,
} from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import {
  type Derivation,
  eventDate,
  expiredBefore,
  isBefore,
  isOver,
  laterDay,
  liveRows,
  lostRowsOf,
  type NewRows,
  pieceOf,
  rebuildStep,
  type RefreshOptions,
  refreshStep,
  sumOfColumns,
} from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import type { StepReport } from '../step/index.js'
import { type Summarised, summariseWindows } from './summariseRows.js'
import { waitingFiles } from './waitingWindows.js'

/**
 * One run of the summary: computes windows that gained scored rows since the last one, each from all of its rows, and
 * replaces them by one commit together with the cursor. Of windows that gained few the figures may stay as they are, and
 * say how many events wait; a run that a command started computes them all.
 * Never throws: what goes wrong is in the report.
 */
export function summariseScored(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'gold', stream, path: summaryPath(stream), trigger: options.trigger } as const
  return refreshStep(lake, about, () => summaryDerivation(lake, stream, options))
}

/** Rebuilds the summary from all scored rows, and swaps it in by one commit. */
export function rebuildSummary(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'gold', stream, path: summaryPath(stream), trigger: options.trigger } as const
  return rebuildStep(lake, about, () => summaryDerivation(lake, stream, options))
}

function summaryDerivation(lake: Lake, stream: Stream, options: RefreshOptions): Derivation {
  const spec = summaryTable(stream)
  const group = summaryGroupName(stream)
  return {
    source: { path: scoredPath(stream), madeBy: 'lake run gold' },
    target: {
      spec,
      carriesColumns: false,
      layer: 'gold',
      rebuiltBy: 'lake rebuild gold',
      // Rows grouped by one column cannot stand beside rows grouped by another.
      outdated: ({ state }) =>
        group === undefined || state.schema.fields.some(f => f.name === group)
          ? undefined
          : `it is now grouped by ${group}`,
      retention: { dayColumn: windowDate, retainMs: stream.retention.summary },
      isDue: async opened => {
        const scored = await lake.table(scoredPath(stream)).state()
        const firstDay = laterDay(expiredBefore(opened.state), scored && expiredBefore(scored))
        // Events whose scored rows are lost wait for good.
        return (await waitingFiles(opened)).some(file => !isBefore(file, windowDate, firstDay))
      },
      ofKept: async ({ source, target }, kept) => ({
        lostBefore:
          lostRowsOf(source, 'expired') - (await sumOfColumns(target.table, target.state, kept, summaryCounts)),
      }),
    },
    piece: pieceOf(lake, options),
    detail: { table: spec.path },
    apply: async ({ source: state, target, files, lostDays, next, snapshot, ...batch }) => {
      const source = await snapshot()
      // Windows of which scored rows are lost stay as they are: what is left of their rows is not all of them.
      const firstDay = laterDay(batch.firstDay, expiredBefore(source))
      const isLate = (file: AddFile) => isBefore(file, eventDate, firstDay)
      const days = [...lostDays.keys()].filter(day => !isOver(day, firstDay))
      const touching = { files: files.filter(file => !isLate(file)), days }
      const made = rowsOf(
        await summariseWindows(lake, stream, options, { source, target, firstDay }, touching),
        next.version,
      )
      const taken = [...lostDays].reduce((sum, [day, rows]) => sum + (isOver(day, firstDay) ? rows : 0), 0)
      const expired = (await liveRows(lake.table(scoredPath(stream)), state, files.filter(isLate))) - taken
      return { ...made, info: { ...made.info, expired } }
    },
    rebuild: async whole => {
      const { source, firstDay } = whole
      const made = rowsOf(await summariseWindows(lake, stream, options, whole), source.version)
      const over = source.files.filter(file => isBefore(file, eventDate, firstDay))
      const expired = await liveRows(lake.table(scoredPath(stream)), source, over)
      return { ...made, info: { ...made.info, expired }, rowsRead: 0 }
    },
  }
}

const [windowDate = ''] = summaryPartitionColumns

function rowsOf({ adds, replaced, windows, waiting, rows, filesRead }: Summarised, scoredVersion: number): NewRows {
  return {
    adds,
    replaces: replaced,
    rows,
    info: { windows, rows },
    detail: { windows, waiting, files: adds.length, filesReplaced: replaced.length, filesRead, scoredVersion },
  }
}
