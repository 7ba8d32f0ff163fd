import { scoredPath, type Stream, summaryPath } from '../../../shared/contract/index.js'
import type { Action, AddFile } from '../../../shared/delta/index.js'
import type { Lake } from '../../../shared/pipeline/lake/lake.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { StepReport } from '../../../shared/pipeline/step/stepReport.js'
import { DuckDbSession, openDeltaView } from '../../../shared/query/index.js'
import type { Row } from '../../../shared/types/index.js'
import { events } from '../../harness/sampleStream/events.js'
import type { Given, SilverFixture } from '../silver/silverFixture.js'

/** The reports, when none failed. */
export function ok(reports: readonly StepReport[]): readonly StepReport[] {
  for (const { error } of reports) if (error !== undefined) throw new Error(`${error.code}: ${error.message}`)
  return reports
}

/** Brings rows through bronze into silver. */
export async function silverOf(fixture: SilverFixture, files: readonly (readonly Given[])[]): Promise<void> {
  await fixture.bronze(files)
  ok([await refineSilver(fixture.lake, events)])
}

/** A table's rows by SQL over the relation `t`. */
export async function rowsOf(lake: Lake, path: string, sql: string): Promise<readonly Row[]> {
  const snapshot = await lake.table(path).snapshot()
  if (snapshot === undefined) throw new Error(`there is no table ${path}`)
  await using session = await DuckDbSession.open({ memoryLimit: 256 * 2 ** 20 })
  using view = await openDeltaView(session, lake.files, {
    store: lake.store.within(path),
    state: snapshot,
    files: snapshot.files,
  })
  return (await session.query(`WITH t AS (${view.sql}) ${sql}`)).rows
}

export const scoredRows = (lake: Lake, sql = 'SELECT * FROM t ORDER BY _partition, _offset', stream: Stream = events) =>
  rowsOf(lake, scoredPath(stream), sql)

export const summaryRows = (lake: Lake, sql = 'SELECT * FROM t ORDER BY ALL', stream: Stream = events) =>
  rowsOf(lake, summaryPath(stream), sql)

/** Puts the rows of a table's files into others of other names, as a compaction does; the former stay where they are. */
export async function rearrange(
  lake: Lake,
  path: string,
  isWanted: (file: AddFile) => boolean = () => true,
): Promise<void> {
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  const actions: Action[] = []
  for (const file of snapshot?.files.filter(isWanted) ?? []) {
    const moved = `compacted-${file.path}`
    await table.store.put(moved, (await table.store.get(file.path)) ?? new Uint8Array())
    const { partitionValues, size } = file
    actions.push({ remove: { path: file.path, dataChange: false, partitionValues, size } })
    actions.push({ add: { ...file, path: moved, dataChange: false } })
  }
  await table.commit({
    readVersion: snapshot?.version ?? 0,
    actions,
    operation: 'OPTIMIZE',
    isBlindAppend: false,
    reads: { files: 'all', appIds: () => false },
  })
}
