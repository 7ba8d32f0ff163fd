import type { ColumnData, StructField } from '../../parquet/dataType.js'
import type { StoredColumn, StoredData } from '../../parquet/encodedTexts.js'
import type { ObjectStore } from '../../storage/objectStore.js'
import type { AddFile } from '../actions.js'
import { joinedStored } from '../columnData.js'
import { columnLayout, type ColumnLayout, type ColumnPlace } from '../columnLayout.js'
import { readStoredFile, type FileRowsOptions, type StoredBatch } from '../dataFileRows.js'
import { dataFileLayout, type PhysicalLayout } from '../physicalLayout.js'
import { originReading } from '../rowOrigins.js'
import { rowIdColumns } from '../rowTracking.js'
import type { RewriteJob, Rewriter } from './rewriter.js'
import { StreamedFile } from '../streamedFile.js'

/** Puts files one behind the other into one, row group by row group: the order of the rows stays. */
export const concatenation: Rewriter = {
  accepts: () => true,
  rewrite: concatenate,
}

/** A row group is written when it has this many rows, or was read from this many bytes: what memory holds. */
const groupRows = 250_000
const groupBytes = 16 * 2 ** 20

/** Files of at most this many bytes are read ahead, and this many of them. */
const smallFileBytes = 2 ** 20
const readAhead = 16

async function concatenate(job: RewriteJob): Promise<readonly AddFile[]> {
  const { store, state, files, clock } = job
  const table = { ...state.metadata, schema: state.schema }
  const layout = dataFileLayout(state)
  const columns = rowIdColumns(state, { table: store.url })
  const hidden = columns === undefined ? [] : [columns.id, columns.commitVersion]
  const output = await StreamedFile.create(store, table, layout, { hidden })
  let writing: Promise<void> = Promise.resolve()
  try {
    let parts: (readonly StoredData[])[] = []
    let rows = 0
    let bytes = 0
    const flush = async () => {
      await writing
      if (rows > 0) writing = output.append(joinColumns([...layout.fields, ...hidden], parts))
      // Told when its turn comes: the next row group is read meanwhile.
      writing.catch(() => undefined)
      parts = []
      rows = 0
      bytes = 0
    }
    for await (const group of rowGroups(job, layout)) {
      if (rows > 0 && (rows + group.rows > groupRows || bytes + group.bytes > groupBytes)) await flush()
      parts.push(group.columns)
      rows += group.rows
      bytes += group.bytes
    }
    await flush()
    await writing
    const add = await output.finish(files[0]?.partitionValues ?? {}, clock.now())
    return add === undefined ? [] : [add]
  } catch (error) {
    await Promise.allSettled([writing])
    await output.abort()
    throw error
  }
}

interface ReadGroup {
  readonly columns: readonly StoredData[]
  readonly rows: number
  /** Bytes in the file, about. */
  readonly bytes: number
}

/** The live rows of files in their order; of small files the first rows are read ahead. */
async function* rowGroups({ store, state, files }: RewriteJob, { fields, source }: PhysicalLayout): AsyncGenerator<ReadGroup> {
  const where = { table: store.url }
  const { match, placeOf } = columnLayout(state, where)
  const places = new Map(source.map((field, i): [StructField | undefined, ColumnPlace] => {
    const place = placeOf(field)
    const stored = fields[i] ?? field
    // Read under the names that they are written under, inside structs too.
    return [stored, place.kind === 'stored' ? { kind: 'stored', field: stored } : place]
  }))
  const stored: ColumnLayout = { match, placeOf: field => places.get(field) ?? placeOf(field) }
  const reading = originReading(state, { layout: stored, fields }, where)
  const options = { ...reading, where }
  const groupColumns = (batch: StoredBatch, file: AddFile): readonly StoredData[] => {
    // What tells the origins of rows are numbers.
    const origins = reading.originsOf({ ...batch, columns: batch.columns.map((data, i) => (i < fields.length ? [] : data as ColumnData)) }, file)
    return origins === undefined ? batch.columns : [...batch.columns.slice(0, fields.length), origins.ids, origins.commitVersions]
  }
  const ahead: Opened[] = []
  let next = 0
  try {
    for (const file of files) {
      while (next < files.length && ahead.length < readAhead && (ahead.length === 0 || (files[next]?.size ?? 0) <= smallFileBytes))
        ahead.push(open(store, files[next++] as AddFile, options))
      const { rows, first } = ahead[0] as Opened
      const perRow = file.size / Math.max(1, Number(file.records ?? 1n))
      for (let step = await first; step.done !== true; step = await rows.next())
        yield { columns: groupColumns(step.value, file), rows: step.value.rows, bytes: Math.min(file.size, step.value.rows * perRow) }
      ahead.shift()
    }
  } finally {
    await Promise.allSettled(ahead.map(async ({ rows, first }) => {
      await first
      await rows.return()
    }))
  }
}

interface Opened {
  readonly rows: AsyncGenerator<StoredBatch, void>
  readonly first: Promise<IteratorResult<StoredBatch, void>>
}

function open(store: ObjectStore, file: AddFile, options: FileRowsOptions): Opened {
  const rows = readStoredFile(store, file, options)
  const first = rows.next()
  // Told when its turn comes.
  first.catch(() => undefined)
  return { rows, first }
}

/** The parts' rows one after another. */
function joinColumns(fields: readonly StructField[], parts: readonly (readonly StoredData[])[]): readonly StoredColumn[] {
  return fields.map((field, i) => ({ field, data: joinedStored(parts.map(part => part[i] ?? [])) }))
}
