import type { Stream } from '../../contract/index.js'
import {
  type AddFile,
  type DeltaTable,
  parseStats,
  scanRows,
  type StatsColumn,
  type TableState,
} from '../../delta/index.js'
import { columnKey, type Value } from '../../types/index.js'

const kinds = ['valid', 'quarantined', 'tombstones', 'dropped', 'filtered', 'erased'] as const

/** Rows of bronze by what they are, as `lake.bronze` of `commitInfo` names them. */
export type BronzeKinds = Readonly<Record<(typeof kinds)[number], number>>

/** None of any kind. */
export const noKinds: BronzeKinds = { valid: 0, quarantined: 0, tombstones: 0, dropped: 0, filtered: 0, erased: 0 }

/** Rows of all kinds together. */
export function allKinds(counts: BronzeKinds): number {
  return kinds.reduce((sum, kind) => sum + counts[kind], 0)
}

/** Both added up, kind by kind. */
export function addKinds(a: BronzeKinds, b: BronzeKinds): BronzeKinds {
  const sums = { ...a }
  for (const kind of kinds) sums[kind] += b[kind]
  return sums
}

/**
 * Counts the rows of a file of bronze: by its statistics where they say that none has an error, else by reading the few
 * columns that it takes.
 */
export async function bronzeKinds(
  { store }: Pick<DeltaTable, 'store'>,
  state: TableState,
  stream: Stream,
  file: AddFile,
): Promise<BronzeKinds> {
  const known = file.deletionVector === undefined ? withoutErrors(state, stream, file) : undefined
  if (known !== undefined) return known
  const counts = { ...noKinds }
  const scan = scanRows(store, { ...state, files: [file] }, { columns: ['_error_code', stream.eventTime] })
  for await (const { rows, columns } of scan.batches) {
    const [codes, times] = columns
    for (let row = 0; row < rows; row++) counts[kindOf(codes?.[row] ?? null, times?.[row] ?? null)]++
  }
  return counts
}

function kindOf(code: Value, eventTime: Value): keyof BronzeKinds {
  if (code === null) return eventTime === null ? 'tombstones' : 'valid'
  if (code === 'EXPECTATION_DROPPED') return 'dropped'
  if (code === 'FILTERED') return 'filtered'
  return code === 'ERASED' ? 'erased' : 'quarantined'
}

/** A file that has no row with an error, as its statistics say; undefined of any other. */
function withoutErrors({ schema }: TableState, stream: Stream, { stats }: AddFile): BronzeKinds | undefined {
  if (stats === undefined) return undefined
  const columns = ['_error_code', stream.eventTime].flatMap((name): StatsColumn[] => {
    const field = schema.fields.find(one => one.name === name)
    return field === undefined
      ? []
      : [{ key: columnKey([name]), path: [name], physicalPath: [name], field, bounds: false }]
  })
  try {
    const { numRecords, columns: found } = parseStats(stats, columns)
    const nulls = (name: string) => found.get(columnKey([name]))?.nullCount
    const [errors, tombstones] = [nulls('_error_code'), nulls(stream.eventTime)]
    if (errors === undefined || errors < numRecords || tombstones === undefined) return undefined
    return { ...noKinds, valid: Number(numRecords - tombstones), tombstones: Number(tombstones) }
  } catch {
    return undefined
  }
}
