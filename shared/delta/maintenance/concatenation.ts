import { bytesFile } from '../../parquet/bytesFile.js'
import type { Column, ColumnData, Value } from '../../parquet/dataType.js'
import { openParquet, type ParquetSource } from '../../parquet/reader.js'
import { storedFile } from '../../parquet/storedFile.js'
import type { ObjectStore } from '../../storage/objectStore.js'
import type { AddFile } from '../actions.js'
import { DeltaError } from '../deltaError.js'
import { isAbsolutePath, decodeLogPath } from '../path.js'
import { physicalLayout, type PhysicalLayout } from './physicalLayout.js'
import type { RewriteJob, Rewriter } from './rewriter.js'
import { StreamedFile } from './streamedFile.js'

/** Puts files one behind the other into one, row group by row group: the order of the rows stays. */
export const concatenation: Rewriter = {
  accepts: file => file.deletionVector === undefined && !isAbsolutePath(file.path),
  rewrite: concatenate,
}

/** A row group is written when it has this many rows, or was read from this many bytes: what memory holds. */
const groupRows = 250_000
const groupBytes = 16 * 2 ** 20

/** A file of at most this many bytes is read at once, and this many such files ahead of the one being decoded. */
const smallFileBytes = 2 ** 20
const readAhead = 16

async function concatenate(job: RewriteJob): Promise<readonly AddFile[]> {
  const { store, state, files, clock } = job
  const table = { ...state.metadata, schema: state.schema }
  const layout = physicalLayout(table)
  const output = await StreamedFile.create(store, table, layout)
  try {
    let parts: (readonly Column[])[] = []
    let rows = 0
    let bytes = 0
    const flush = async () => {
      if (rows > 0) await output.append(joinColumns(layout, parts))
      parts = []
      rows = 0
      bytes = 0
    }
    for await (const group of rowGroups(store, files, layout)) {
      if (rows > 0 && (rows + group.rows > groupRows || bytes + group.bytes > groupBytes)) await flush()
      parts.push(group.columns)
      rows += group.rows
      bytes += group.bytes
    }
    await flush()
    const add = await output.finish(files[0]?.partitionValues ?? {}, clock.now())
    return add === undefined ? [] : [add]
  } catch (error) {
    await output.abort()
    throw error
  }
}

interface ReadGroup {
  readonly columns: readonly Column[]
  readonly rows: number
  /** Bytes in the file. */
  readonly bytes: number
}

async function* rowGroups(store: ObjectStore, files: readonly AddFile[], layout: PhysicalLayout): AsyncGenerator<ReadGroup> {
  const ahead: Promise<ParquetSource>[] = []
  let next = 0
  try {
    for (let i = 0; i < files.length; i++) {
      while (next < files.length && ahead.length < readAhead) {
        const source = open(store, files[next++] as AddFile)
        // Told when its turn comes.
        source.catch(() => undefined)
        ahead.push(source)
      }
      const file = await openParquet(await (ahead.shift() as Promise<ParquetSource>))
      for (const { rowStart, rows, bytes } of file.rowGroups) {
        const columns = await file.readColumns({ fields: layout.fields, match: layout.match, rowStart, rowEnd: rowStart + rows })
        yield { columns, rows, bytes }
      }
    }
  } finally {
    await Promise.allSettled(ahead)
  }
}

async function open(store: ObjectStore, file: AddFile): Promise<ParquetSource> {
  const name = decodeLogPath(file.path)
  if (file.size > smallFileBytes) return storedFile(store, name, file.size)
  const bytes = await store.get(name)
  if (bytes?.length === file.size) return bytesFile(bytes, name)
  const what = bytes === undefined ? 'is gone' : `has ${bytes.length} bytes, not ${file.size}`
  throw new DeltaError('DELTA_FILE_MISSING', `data file ${name} ${what}`, { where: { table: store.url, file: name } })
}

/** The parts' rows one after another. */
function joinColumns({ fields }: PhysicalLayout, parts: readonly (readonly Column[])[]): readonly Column[] {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  return fields.map((field, i) => ({ field, data: joinData(parts.map(part => part[i]?.data ?? [])) }))
}

type TypedData = Exclude<ColumnData, readonly Value[]>

function joinData(parts: readonly ColumnData[]): ColumnData {
  const [first] = parts
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (first !== undefined && isTyped(first) && parts.every(part => part.constructor === first.constructor)) {
    const joined = new (first.constructor as new (length: number) => TypedData)(length)
    let at = 0
    for (const part of parts) {
      ;(joined as { set(from: ColumnData, at: number): void }).set(part, at)
      at += part.length
    }
    return joined
  }
  const joined = new Array<Value>(length)
  let at = 0
  for (const part of parts) for (const value of part) joined[at++] = value
  return joined
}

function isTyped(data: ColumnData): data is TypedData {
  return !Array.isArray(data)
}
