import { type AddFile, type DeltaTable, FileSkipper, type Predicate } from '../../delta/index.js'
import { columnKey } from '../../types/index.js'
import { type OpenedTable, sumOfColumns } from '../incremental/index.js'

/** Files of which no statistics say that events wait, and that were read and had none. */
const settled = new WeakMap<DeltaTable, Set<string>>()

const someWait: Predicate = { op: '>', column: columnKey(['waiting']), value: 0n }

/** Files of the summary that have windows of which events wait. */
export async function waitingFiles({ table, state, schema }: OpenedTable): Promise<readonly AddFile[]> {
  const skipper = new FileSkipper({ ...state.metadata, schema })
  const known = settled.get(table) ?? new Set()
  settled.set(table, known)
  const files: AddFile[] = []
  for (const file of (await table.snapshot({ version: state.version }))?.files ?? []) {
    const match = known.has(file.path) ? 'no' : skipper.match(file, someWait)
    if (match === 'no') continue
    // An older version's file has no such column, nor statistics of it.
    if ((await sumOfColumns(table, state, [file], ['waiting'])) > 0) files.push(file)
    else known.add(file.path)
  }
  return files
}
