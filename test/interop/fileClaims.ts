import {
  assignsRowIds,
  FileSkipper,
  type Predicate,
  rowIdHighWaterMark,
  rowTrackingDomain,
  scanRows,
  type Snapshot,
} from '../../shared/delta/index.js'
import { type ObjectStore, openStore } from '../../shared/storage/index.js'
import { columnKey, type Row, type StructField, type Value } from '../../shared/types/index.js'

/**
 * What the log says of a table's files and is not so, whoever wrote it: how many rows there are, values that a file has
 * and by its statistics cannot have, row ids that two rows share. Empty when all of it is true.
 */
export async function falseClaims(store: ObjectStore, snapshot: Snapshot): Promise<readonly string[]> {
  const { schema, metadata, files } = snapshot
  const skipper = new FileSkipper({
    schema,
    partitionColumns: metadata.partitionColumns,
    configuration: metadata.configuration,
  })
  const wrong: string[] = []
  for (const file of files) {
    const stats = JSON.parse(file.stats ?? '{}') as { readonly numRecords?: number }
    const scan = scanRows(store, { ...snapshot, files: [file] }, { openFolder: openStore })
    const held = new Map<string, Predicate>()
    let rows = 0n
    for await (const batch of scan.batches) {
      rows += BigInt(batch.rows)
      for (const [i, field] of scan.fields.entries()) {
        for (let row = 0; row < batch.rows; row++)
          for (const one of facts([field.name], field, batch.columns[i]?.[row])) held.set(textOf(one), one)
      }
    }
    const claimed =
      stats.numRecords === undefined ? undefined : BigInt(stats.numRecords) - (file.deletionVector?.cardinality ?? 0n)
    if (claimed !== rows) wrong.push(`${file.path} has ${rows} rows, and the log says ${String(claimed)}`)
    for (const [text, one] of held)
      if (skipper.match(file, one) === 'no')
        wrong.push(`${file.path} has a row of ${text}, and none by ${file.stats ?? ''}`)
  }
  return [...wrong, ...falseRowIds(snapshot)]
}

function falseRowIds(snapshot: Snapshot): readonly string[] {
  if (!assignsRowIds(snapshot)) return []
  const mark = rowIdHighWaterMark(snapshot.domains.get(rowTrackingDomain))
  let next = 0n
  const wrong: string[] = []
  for (const { path, baseRowId = -1n, stats } of [...snapshot.files].sort((a, b) =>
    Number((a.baseRowId ?? -1n) - (b.baseRowId ?? -1n)),
  )) {
    if (baseRowId < next) wrong.push(`${path} has row ids from ${baseRowId} on, which are others' or none`)
    next = baseRowId + BigInt((JSON.parse(stats ?? '{}') as { readonly numRecords?: number }).numRecords ?? 0)
  }
  if (next - 1n > mark) wrong.push(`row ids up to ${next - 1n} are given out, and the mark is at ${mark}`)
  return wrong
}

/** Conditions that are true for a value, for each of its leaves that has statistics. */
function facts(path: readonly string[], { type }: Pick<StructField, 'type'>, value: Row[string]): readonly Predicate[] {
  if (typeof type !== 'string' && type.type === 'struct') {
    const fields = value as { readonly [name: string]: Value } | null | undefined
    return type.fields.flatMap(field => facts([...path, field.name], field, fields?.[field.name]))
  }
  if (typeof type !== 'string' && type.type !== 'decimal') return []
  const column = columnKey(path)
  return [value === null || value === undefined ? { op: 'isNull', column } : { op: '=', column, value }]
}

function textOf(predicate: Predicate): string {
  return JSON.stringify(predicate, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : value,
  )
}
