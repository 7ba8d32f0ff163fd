import { scoredPath, type Stream, summaryGroupName, summaryTable } from '../../contract/index.js'
import {
  type Derivation,
  maxRowsOf,
  type NewRows,
  rebuildTable,
  refresh,
  type RefreshOptions,
} from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { reportStep, startStep, type StepReport } from '../step/index.js'
import { type Summarised, summariseWindows } from './summariseRows.js'

/**
 * One run of the summary: computes the windows that gained scored rows since the last one, each from all of its rows,
 * and replaces them by one commit together with the cursor. What it computes does not depend on what was there, so a
 * run that is repeated changes nothing.
 * Never throws: what goes wrong is in the report.
 */
export function summariseScored(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'timer' }
  const run = startStep(lake, about)
  return reportStep(lake, run, refresh(lake, run, summaryDerivation(lake, stream, options)))
}

/** Rebuilds the summary from all scored rows, and swaps it in by one commit. */
export function rebuildSummary(lake: Lake, stream: Stream, options: RefreshOptions = {}): Promise<StepReport> {
  const about = { step: 'gold' as const, stream: stream.name, trigger: options.trigger ?? 'command' }
  const run = startStep(lake, about)
  return reportStep(lake, run, rebuildTable(lake, run, summaryDerivation(lake, stream, options)))
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
    },
    maxRows: maxRowsOf(lake, options),
    detail: { table: spec.path },
    apply: async ({ target, files, lostDays, next, snapshot }) => {
      const whole = { source: await snapshot(), target }
      return rowsOf(await summariseWindows(lake, stream, options, whole, { files, days: lostDays }), next.version)
    },
    rebuild: async whole => ({
      ...rowsOf(await summariseWindows(lake, stream, options, whole), whole.source.version),
      rowsRead: 0,
    }),
  }
}

function rowsOf({ adds, replaced, windows, rows, filesRead }: Summarised, scoredVersion: number): NewRows {
  return {
    adds,
    replaces: replaced,
    rows,
    info: { windows, rows },
    detail: { windows, files: adds.length, filesReplaced: replaced.length, filesRead, scoredVersion },
  }
}
