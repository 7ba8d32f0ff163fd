import { pathToFileURL } from 'node:url'

import { DeltaTable, scanRows } from '../../../shared/delta/index.js'
import { openStore } from '../../../shared/storage/index.js'

/** Offsets of a partition: `start` inclusive, `end` exclusive. */
export interface OffsetRange {
  readonly partition: number
  readonly start: bigint
  readonly end: bigint
}

/** How a table differs from the topic, offset by offset. */
export interface OffsetFaults {
  readonly lost: number
  /** Rows of an offset beyond its first. */
  readonly doubled: number
  /** Rows of no offset of the topic. */
  readonly strange: number
}

/** Checks that rows have each offset of a topic once. */
export class OffsetCheck {
  readonly #seen: ReadonlyMap<number, { readonly range: OffsetRange; readonly offsets: Uint8Array }>
  #doubled = 0
  #strange = 0

  constructor(ranges: readonly OffsetRange[]) {
    this.#seen = new Map(
      ranges.map(range => [range.partition, { range, offsets: new Uint8Array(Number(range.end - range.start)) }]),
    )
  }

  add(partition: number, offset: bigint): void {
    const known = this.#seen.get(partition)
    const at = known === undefined ? -1 : Number(offset - known.range.start)
    const seen = known?.offsets[at]
    if (known === undefined || seen === undefined) this.#strange++
    else if (seen === 1) this.#doubled++
    else known.offsets[at] = 1
  }

  get faults(): OffsetFaults {
    let lost = 0
    for (const { offsets } of this.#seen.values()) lost += offsets.reduce((n, seen) => n + (seen === 0 ? 1 : 0), 0)
    return { lost, doubled: this.#doubled, strange: this.#strange }
  }
}

/**
 * Reads the columns `_partition` and `_offset` of a Delta table in a local folder.
 *
 * @throws Error when the table has not each offset of the topic once, and says by how much
 */
export async function requireEachOffsetOnce(folder: string, ranges: readonly OffsetRange[]): Promise<void> {
  const table = new DeltaTable(await openStore(pathToFileURL(folder).href))
  const snapshot = await table.snapshot()
  if (snapshot === undefined) throw new Error(`There is no table in ${folder}.`)
  const check = new OffsetCheck(ranges)
  const { batches } = scanRows(table.store, snapshot, { columns: ['_partition', '_offset'] })
  for await (const { rows, columns } of batches) {
    const [partitions = [], offsets = []] = columns
    for (let row = 0; row < rows; row++) check.add(Number(partitions[row]), offsets[row] as bigint)
  }
  const { lost, doubled, strange } = check.faults
  if (lost + doubled + strange > 0)
    throw new Error(`${folder}: ${lost} offsets lost, ${doubled} rows doubled, ${strange} rows of no offset.`)
}
