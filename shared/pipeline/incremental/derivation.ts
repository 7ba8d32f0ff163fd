import type { TableSpec } from '../../contract/index.js'
import type { AddFile, Snapshot, TableState } from '../../delta/index.js'
import type { Json } from '../../types/index.js'
import type { PieceBounds } from '../lake/index.js'
import type { StepReport } from '../step/index.js'
import type { Cursor } from './cursor.js'
import type { OpenedTable } from './openTable.js'

/**
 * A table that is made from another one: what it is, and how rows become rows. When that happens, what is read, and
 * that each row of the source is taken exactly once is the work of `refresh` and `rebuildTable`, which ask the
 * derivation for data files and commit them together with the cursor.
 */
export interface Derivation {
  readonly source: {
    readonly path: string
    /** The command that makes it, for messages. */
    readonly madeBy: string
  }
  readonly target: {
    readonly spec: TableSpec
    /** Whether the contract columns are carried along that the source has and the spec lacks. */
    readonly carriesColumns: boolean
    /** Where in `lake` of `commitInfo` a commit records what its rows are. */
    readonly layer: 'silver' | 'gold'
    /** The command that rebuilds it, for messages. */
    readonly rebuiltBy: string
    /** Why the rows there are cannot stand beside new ones, so that all are to be replaced; undefined when they can. */
    readonly outdated?: (table: OpenedTable) => Promise<string | undefined> | string | undefined
    /** By the days of which partition column rows end, and after how many milliseconds; never, when absent. */
    readonly retention?: { readonly dayColumn: string; readonly retainMs: number | undefined }
    /**
     * Of a table whose rows of a day are made of the source's rows of that day: what `commitInfo` records of files that
     * stay when all others are replaced, because the source has lost their days. Without it none stay.
     */
    readonly ofKept?: (
      tables: Pick<RebuildInput, 'source' | 'target'>,
      kept: readonly AddFile[],
    ) => Promise<Readonly<Record<string, Json>>>
    /** Whether it is time to make rows again although the source has gained none; it is asked only then. */
    readonly isDue?: (table: OpenedTable) => Promise<boolean>
  }
  /** Most of the source that one run takes, unless a single file has more. */
  readonly piece: PieceBounds
  /** What the run's report contains of the table whatever happens. */
  readonly detail: StepReport['detail']
  /**
   * Uploads data files for the rows that the source has gained. What it makes may depend on the rows of `batch.target`
   * as they were at that version and no others: when another writer changes them, the files are given up and it is
   * asked again.
   */
  apply(batch: Batch): Promise<NewRows>
  /** Uploads data files for all rows there should be, out of the source as it is at one version. */
  rebuild(whole: RebuildInput): Promise<AllRows>
}

/** What the source has gained since the last run, or as much of it as one run may take. */
export interface Batch {
  /** The source at the version that the run reads. */
  readonly source: TableState
  readonly target: OpenedTable
  /** The source's files to be read, in the order of its log. */
  readonly files: readonly AddFile[]
  /** Rows in the files, by their statistics. */
  readonly rows: number
  /** Days of event time of which the source has lost rows for good that are to be computed again, and how many rows. */
  readonly lostDays: ReadonlyMap<string, number>
  /** Rows of days before that one (since 1970) are over: the target has lost its own of them. Undefined where it has none. */
  readonly firstDay: number | undefined
  /** The cursor once they are read. */
  readonly next: Cursor
  /**
   * All rows of the source that are taken in with this batch: up to `next`, and none behind it.
   * @throws PipelineError NO_TABLE when it is gone by now
   */
  readonly snapshot: () => Promise<Snapshot>
}

/** The whole source, and the table whose rows are to be replaced. */
export interface RebuildInput {
  readonly source: Snapshot
  readonly target: OpenedTable
  /** Rows of days before that one (since 1970) are not to be made; undefined where all are. */
  readonly firstDay: number | undefined
}

/** What a commit brings of a batch. */
export interface NewRows {
  readonly adds: readonly AddFile[]
  /** Files of the target whose rows are replaced by those in `adds`; absent for a table whose rows only become more. */
  readonly replaces?: readonly AddFile[] | undefined
  /** Rows made. */
  readonly rows: number
  /** What `commitInfo` records of the rows. */
  readonly info: Readonly<Record<string, Json>>
  /** What the run's report contains of them. */
  readonly detail: StepReport['detail']
}

/** What a commit brings that replaces all rows. */
export interface AllRows extends Omit<NewRows, 'replaces'> {
  /** Rows of the source that were read for it. */
  readonly rowsRead: number
}
