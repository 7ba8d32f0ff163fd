import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { bronzePath, silverPath } from '../../shared/contract/index.js'
import { createTable, DeltaTable, readsNothing, type Snapshot, writeDataFile } from '../../shared/delta/index.js'
import { columnsOf } from '../../shared/pipeline/incremental/index.js'
import { openStore } from '../../shared/storage/index.js'
import type { StructType } from '../../shared/types/index.js'
import { type Donation, normalLine, type OtherReaders, prepareOtherReaders } from '../harness/otherReaders.js'
import { ownSnapshot, readOwn } from '../harness/ownReader.js'
import { events } from '../harness/sampleStream/events.js'
import { LakeFixture } from './lakeFixture.js'
import { day0, eventRecords, laterRecords, readingRecords, readings } from './streams.js'

/** The same streams as another broker has them: what another writer brings to our tables. */
const abroad = [
  { ...events, topic: 'events.abroad' },
  { ...readings, topic: 'readings.abroad' },
]
const streams = [events, readings]
const tables = streams.map(bronzePath)

let readers: OtherReaders
let home: LakeFixture
let donors: LakeFixture
let rowsOnly: Donation
/** The tables of {@link home} before anybody else wrote to them. */
const before = new Map<string, Snapshot>()

const theirs = (record: (typeof eventRecords)[number]) => ({
  ...record,
  value:
    record.value &&
    Buffer.from(Buffer.from(record.value).toString('latin1').replace('"event_id":"', '"event_id":"their '), 'latin1'),
})
const snapshotOf = async (path: string, folder = home.folder(path)): Promise<Snapshot> =>
  ownSnapshot(await openStore(folder))
const donations = (): readonly Donation[] =>
  tables.map(path => ({ donor: donors.folder(path), table: home.folder(path) }))

/** Offsets in bronze by topic, each as often as it is there. */
async function offsets(path: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const line of (await readOwn(home.folder(path))).rows) {
    const row = JSON.parse(line) as { readonly _topic: string; readonly _partition: number; readonly _offset: number }
    ;(found[row._topic] ??= []).push(`${row._partition}:${row._offset}`)
  }
  for (const list of Object.values(found)) list.sort()
  return found
}

const places = (count: number) => Array.from({ length: count }, (_, i) => `${i % 2}:${Math.floor(i / 2)}`).sort()

beforeAll(async () => {
  readers = await prepareOtherReaders()
  donors = await LakeFixture.create()
  for (const [i, records] of [eventRecords.slice(0, 10), readingRecords].entries()) {
    donors.append(abroad[i] ?? events, records.map(theirs))
  }
  await donors.run(abroad)
  home = await LakeFixture.create()
  home.append(events, eventRecords)
  home.append(readings, readingRecords)
  await home.run(streams)
  for (const path of tables) {
    const snapshot = await snapshotOf(path)
    before.set(path, snapshot)
    const metaData = {
      ...snapshot.metadata,
      configuration: { ...snapshot.metadata.configuration, 'delta.checkpointInterval': '1' },
    }
    const table = await home.table(path)
    await table.commit({
      readVersion: snapshot.version,
      actions: [{ metaData }],
      operation: 'SET TBLPROPERTIES',
      isBlindAppend: true,
      reads: readsNothing,
    })
  }
  rowsOnly = await makeRowsOnly()
  await readers.append('Spark', [...donations(), rowsOnly])
})

afterAll(async () => {
  await rm(dirname(rowsOnly.table), { recursive: true, force: true })
  await home[Symbol.asyncDispose]()
  await donors[Symbol.asyncDispose]()
})

describe('after Spark appended and wrote a checkpoint', () => {
  test.each(tables)('%s holds the rows of both', async path => {
    const [ours, both] = [await readOwn(donors.folder(path)), await readOwn(home.folder(path))]
    expect(both.types).toEqual(ours.types)
    for (const row of ours.rows) expect(both.rows).toContain(row)
    expect(Object.keys(await offsets(path))).toHaveLength(2)
  })

  test.each(tables)('%s read from the checkpoint of Spark is the same, its transactions too', async path => {
    const { version } = await snapshotOf(path)
    const cleaned = await home.withoutOldCommits(path)
    expect((await readdir(join(cleaned, '_delta_log'))).filter(name => name.endsWith('.json'))).toEqual([
      `${String(version).padStart(20, '0')}.json`,
    ])
    const fromCheckpoint = await snapshotOf(path, cleaned)
    expect(fromCheckpoint).toMatchObject({ version, numFiles: (await snapshotOf(path)).numFiles })
    const transactions = (s: Snapshot | undefined) => [...(s?.txns ?? [])].map(([id, txn]) => [id, txn.version]).sort()
    expect(transactions(fromCheckpoint)).toEqual(transactions(before.get(path)))
    expect(await readOwn(cleaned)).toEqual(await readOwn(home.folder(path)))
  })

  test('the pipeline goes on, every offset once', async () => {
    home.append(events, laterRecords)
    await home.run(streams)
    const found = await offsets(bronzePath(events))
    expect(found['events']).toEqual(places(eventRecords.length + laterRecords.length))
    expect(found['events.abroad']).toEqual(places(10))
    expect((await offsets(bronzePath(readings)))['readings']).toEqual(places(readingRecords.length))
    const silver = (await readOwn(home.folder(silverPath(events)))).rows
    expect(silver.filter(row => row.includes('"event_id":"their '))).toHaveLength(10)
  })
})

describe('after delta-rs appended', () => {
  beforeAll(() => readers.append('delta-rs', donations()))

  test('the pipeline goes on, every offset once', async () => {
    // Spark brought the same rows before.
    const times = 2
    const found = await offsets(bronzePath(events))
    expect(found['events.abroad']).toHaveLength(10 * times)
    home.append(events, laterRecords)
    await home.run(streams)
    const after = await offsets(bronzePath(events))
    expect(after['events']).toEqual(places(eventRecords.length + 2 * laterRecords.length))
    expect(after['events.abroad']).toEqual(found['events.abroad'])
    expect((await offsets(bronzePath(readings)))['readings.abroad']).toHaveLength(readingRecords.length * times)
  })
})

describe('statistics', () => {
  test('are those that Spark writes for the same rows', async () => {
    const [theirs, ours] = await Promise.all(
      [rowsOnly.table, rowsOnly.donor].map(async folder => (await snapshotOf('', folder)).files),
    )
    expect(theirs).toHaveLength(1)
    expect(JSON.parse(normalLine(theirs?.[0]?.stats ?? ''))).toEqual(JSON.parse(normalLine(ours?.[0]?.stats ?? '')))
  })
})

/** Two tables alike, one with the valid readings in one file. */
async function makeRowsOnly(): Promise<Donation> {
  const folder = await mkdtemp(join(tmpdir(), 'rows-'))
  const donation = { donor: join(folder, 'ours'), table: join(folder, 'theirs') }
  const schema: StructType = { type: 'struct', fields: readings.columns }
  for (const path of [donation.donor, donation.table]) {
    await new DeltaTable(await openStore(path)).commit(createTable({ schema, createdTime: day0 }))
  }
  const rows = readingRecords.flatMap(({ value }) => {
    const outcome = readings.parse(value ?? new Uint8Array(), day0)
    return outcome.valid ? [outcome.row] : []
  })
  const table = new DeltaTable(await openStore(donation.donor))
  const add = await writeDataFile(
    table.store,
    { schema, partitionColumns: [], configuration: {} },
    columnsOf(schema.fields, rows),
    {},
  )
  await table.commit({
    readVersion: 0,
    actions: [{ add }],
    operation: 'WRITE',
    isBlindAppend: true,
    reads: readsNothing,
  })
  return donation
}
