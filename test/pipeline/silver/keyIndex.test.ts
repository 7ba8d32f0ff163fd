import { expect, test } from 'vitest'

import { silverPath, silverTable } from '../../../shared/contract/index.js'
import { deleteRows } from '../../../shared/delta/dml/index.js'
import { type AddFile, readsNothing, writeDataFile } from '../../../shared/delta/index.js'
import { runMaintenance } from '../../../shared/pipeline/maintenance/index.js'
import { refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { SettingValues } from '../../../shared/settings/index.js'
import type { Column, ColumnData } from '../../../shared/types/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { Random, seedNote } from '../../random.js'
import { day0, type Given, hour, minute, SilverFixture } from './silverFixture.js'

const rowsPerFile = 60_000

/** What stands in silver before the run: keys that are random, over two days. */
function priorRows(random: Random) {
  const text = () => Math.floor(random.next() * 2 ** 32).toString(16)
  return Array.from({ length: 5 * rowsPerFile }, (_, i) => ({
    id: `${text()}-${text()}-é${i % 7}`,
    at: BigInt(Math.floor(i / rowsPerFile) * 8) * hour + BigInt(random.below(470)) * minute,
  }))
}

async function fillSilver(
  f: SilverFixture,
  random: Random,
  rows: readonly { readonly id: string; readonly at: bigint }[],
) {
  const table = f.lake.table(silverPath(events))
  for (let from = 0; from < rows.length; from += rowsPerFile) {
    const part = rows.slice(from, from + rowsPerFile)
    for (const day of [0n, 1n]) {
      const own = part.filter(({ at }) => at / (24n * hour) === day)
      if (own.length === 0) continue
      const layout = { ...silverTable(events), configuration: {} }
      const partition = { _event_date: `2025-04-0${1n + day}` }
      // Some as silver writes them itself, some as other engines may.
      const paged = random.below(3) === 0 ? undefined : { columns: ['event_id', 'timestamp'], rows: 256 }
      const add = await writeDataFile(table.store, layout, columnsOf(own), partition, { rowGroupRows: 2048, paged })
      await append(f, add)
    }
  }
}

async function append(f: SilverFixture, add: AddFile) {
  const table = f.lake.table(silverPath(events))
  const state = await table.state({ fresh: true })
  await table.commit({
    readVersion: state?.version ?? 0,
    actions: [{ add }],
    operation: 'WRITE',
    isBlindAppend: true,
    reads: readsNothing,
  })
}

function columnsOf(rows: readonly { readonly id: string; readonly at: bigint }[]): Column[] {
  const n = rows.length
  const data: Readonly<Record<string, ColumnData>> = {
    event_id: rows.map(({ id }) => id),
    event_type: new Array<string>(n).fill('click'),
    timestamp: BigInt64Array.from(rows, ({ at }) => day0 + at),
    value: new Float64Array(n),
    _topic: new Array<string>(n).fill('events'),
    _generation: new Int32Array(n),
    _partition: new Int32Array(n).fill(99),
    _offset: BigInt64Array.from(rows, (_, i) => BigInt(i)),
    _ingested_at: new BigInt64Array(n).fill(day0),
    _late: new Array<boolean>(n).fill(false),
  }
  return silverTable(events).schema.fields.flatMap(field => {
    const column = data[field.name]
    return column === undefined ? [] : [{ field, data: column }]
  })
}

/** New rows, of which some repeat one of silver within the window, some beyond it, some one another. */
function newRows(
  random: Random,
  prior: readonly { readonly id: string; readonly at: bigint }[],
  batch: number,
): Given[] {
  return Array.from({ length: 150 }, (_, i): Given => {
    const known = random.pick(prior)
    const place = { partition: batch, offset: BigInt(i) }
    const near = [-24n * hour, -1n, 0n, minute, 24n * hour, 24n * hour + 1n, -24n * hour - 1n]
    const at = known.at + random.pick(near)
    if (random.below(3) > 0)
      return { ...place, id: `new ${batch} ${random.below(120)}`, at: BigInt(random.below(40)) * hour }
    return { ...place, id: known.id, at: at < 0n ? 0n : at }
  })
}

/** Runs one history and gives back what silver took of it. */
async function history(settings: SettingValues, disturb: (f: SilverFixture) => Promise<void>) {
  const random = new Random()
  const prior = priorRows(random)
  await using f = await SilverFixture.open(undefined, [events], settings)
  await f.bronze([[{ id: 'first', at: 0n, partition: 9, offset: 0n }]])
  await refineSilver(f.lake, events)
  await fillSilver(f, random, prior)
  let located = 0
  for (let batch = 0; batch < 2; batch++) {
    await f.bronze([newRows(random, prior, batch)])
    const report = await refineSilver(f.lake, events)
    if (report.outcome === 'failed') throw new Error(report.error?.message)
    located += Number(report.detail['keyStretches'] ?? 0)
    await disturb(f)
  }
  const rows = (await f.silver()).filter(row => row['_partition'] !== 99)
  return {
    taken: rows.map(row => ['_partition', '_offset', 'event_id'].map(name => row[name] as string).join(' ')),
    located,
  }
}

const undisturbed = () => Promise.resolve()

const deleting = async (f: SilverFixture) => {
  await deleteRows(f.lake.table(silverPath(events)), { where: { op: '<', column: '_offset', value: 20_000n } })
}

test('a run that reads single pages and row groups takes the rows that one takes that reads all', async () => {
  const read = await history({ SILVER_KEY_INDEX: 'off' }, undisturbed)
  const found = await history({}, undisturbed)
  expect(found.taken, seedNote).toEqual(read.taken)
  expect([read.located, found.located > 0]).toEqual([0, true])
  // What maintenance does in between changes no row.
  const maintained = await history({}, async f => {
    await runMaintenance(f.lake, 'timer')
  })
  expect(maintained.taken, seedNote).toEqual(read.taken)
  expect(maintained.located).toBeGreaterThan(0)
}, 300_000)

test('rows that were deleted from silver since it was indexed are no reason to drop a new one', async () => {
  const read = await history({ SILVER_KEY_INDEX: 'off' }, deleting)
  const found = await history({}, deleting)
  expect(found.taken, seedNote).toEqual(read.taken)
  expect([read.located, found.located > 0]).toEqual([0, true])
}, 300_000)
