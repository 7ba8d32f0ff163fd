import { bronzePath, bronzeTable } from '../../shared/contract/index.js'
import { type AddFile, createTable, readsNothing, writeDataFile } from '../../shared/delta/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { uuidOf } from '../../shared/sources/synthetic/index.js'
import type { Column, ColumnData } from '../../shared/types/index.js'
import { events } from '../harness/sampleStream/events.js'
import { keyOwner } from './keyOwner.js'

const partitions = 4
/** Rows of a partition's file, as a catching up of a small instance writes them. */
const fileRows = 62_500
/** 2025-04-01T00:00:00Z, microseconds; a thousand events a second from then on. */
const start = 1_743_465_600_000_000
const eventMicros = 1_000
const types = ['click', 'view', 'purchase', 'sign_up', 'größe_gewählt']

/** Fills bronze with so many events of random keys, a commit for a file of each partition. The same rows each time. */
export async function writeBacklog(lake: Lake, rows: number): Promise<void> {
  const table = lake.table(bronzePath(events))
  const spec = bronzeTable(events)
  let outcome = await table.commit(createTable({ ...spec, createdTime: lake.clock.now() }))
  for (let first = 0; first < rows; first += partitions * fileRows) {
    if (outcome.kind !== 'committed') throw new Error(JSON.stringify(outcome))
    const adds: AddFile[] = []
    for (let partition = 0; partition < partitions; partition++) {
      const from = first + partition * fileRows
      const count = Math.min(fileRows, rows - from)
      if (count <= 0) break
      const day = new Date((start + from * eventMicros) / 1000).toISOString().slice(0, 10)
      const columns = backlogColumns(from, count, partition)
      const { clock } = lake
      const layout = { ...spec, configuration: {} }
      adds.push(await writeDataFile(table.store, layout, columns, { _ingest_date: day }, { clock }))
    }
    outcome = await table.commit({
      readVersion: outcome.version,
      actions: adds.map(add => ({ add })),
      operation: 'WRITE',
      isBlindAppend: true,
      reads: readsNothing,
    })
  }
}

function backlogColumns(from: number, count: number, partition: number): Column[] {
  const make = <T>(value: (id: number) => T) => Array.from({ length: count }, (_, i) => value(from + i))
  const ids = make(id => uuidOf(keyOwner(id)))
  const times = BigInt64Array.from(make(id => BigInt(start + id * eventMicros)))
  const typeOf = (id: number) => types[id % types.length] as string
  const valueOf = (id: number) => (id * 7_919) % 10_000
  const text = new TextEncoder()
  const data: Readonly<Record<string, ColumnData>> = {
    _partition: new Int32Array(count).fill(partition),
    _offset: BigInt64Array.from(make(id => BigInt(id))),
    _timestamp: times,
    _ingested_at: new BigInt64Array(count).fill(BigInt(start + (from + count) * eventMicros)),
    _topic: new Array<string>(count).fill('events'),
    _generation: new Int32Array(count),
    _key: ids.map(id => text.encode(id)),
    _value: make(id =>
      text.encode(
        JSON.stringify({
          event_id: ids[id - from],
          event_type: typeOf(id),
          timestamp: new Date((start + id * eventMicros) / 1000),
          value: String(valueOf(id)),
        }),
      ),
    ),
    event_id: ids,
    event_type: make(typeOf),
    timestamp: times,
    value: Float64Array.from(make(valueOf)),
  }
  return bronzeTable(events).schema.fields.flatMap(field => {
    const column = data[field.name]
    return column === undefined ? [] : [{ field, data: column }]
  })
}
