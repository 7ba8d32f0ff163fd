import { bronzePath, type Stream } from '../../contract/index.js'
import { type AddFile, DeltaError, type DeltaTable } from '../../delta/index.js'
import { type Row, textOf } from '../../types/index.js'
import { newDataFiles, rowLossOf } from '../incremental/index.js'
import type { Lake } from '../lake/index.js'
import { rowsOf } from './addedRows.js'
import { limits, type ReadUpTo, type RejectedExample } from './overview.js'
import { countOf } from './taskRun.js'

/** Files that are looked into, and how large one may be. */
const [maxFiles, maxBytes] = [3, 8 * 1024 ** 2]

/** New examples of a stream, and up to where bronze was read for them. */
export interface FoundExamples {
  readonly examples: readonly RejectedExample[]
  readonly read: ReadUpTo | undefined
  /** Rows of bronze were lost for good since: examples found before may be of them. */
  readonly hasLosses: boolean
}

/** Records that bronze has rejected since it was last looked into, a few of each reason. */
export async function findExamples(lake: Lake, stream: Stream, before: ReadUpTo | undefined): Promise<FoundExamples> {
  const table = lake.table(bronzePath(stream))
  const state = await table.state({ fresh: true })
  if (state === undefined) return { examples: [], read: undefined, hasLosses: false }
  const read = { id: state.metadata.id, version: state.version }
  const from = before?.id === read.id ? before.version : Math.max(-1, state.version - newestCommits)
  const since = await filesBehind(table, from, state.version)
  const found = since ?? (await table.snapshot({ version: state.version }))?.files ?? []
  const files = found.filter(file => file.size <= maxBytes && hasErrors(file)).slice(-maxFiles)
  const columns = ['_error_code', '_error_path', '_error_message', '_partition', '_offset', '_value']
  const rows = files.length === 0 ? [] : await rowsOf(table, state, files, columns)
  return { examples: rows.flatMap(row => exampleOf(stream.name, row) ?? []), read, hasLosses: since === undefined }
}

/** The files added behind that version; undefined when rows were lost for good, or may have been: the log is gone. */
async function filesBehind(table: DeltaTable, from: number, to: number): Promise<readonly AddFile[] | undefined> {
  const files: AddFile[] = []
  try {
    for await (const { actions } of table.commitFiles(from + 1, to)) {
      if (rowLossOf(actions) !== undefined) return undefined
      files.push(...newDataFiles(actions))
    }
  } catch (error) {
    if (error instanceof DeltaError && error.code === 'DELTA_VERSION_GAP') return undefined
    throw error
  }
  return files
}

/** Commits that are looked through the first time. */
const newestCommits = 100

/** The newest examples of each stream and reason, within the bounds. Pure. */
export function keepExamples(
  before: readonly RejectedExample[],
  found: readonly RejectedExample[],
): readonly RejectedExample[] {
  const counts = new Map<string, number>()
  const kept = [...found]
    .reverse()
    .concat(before)
    .filter(({ stream, code }) => {
      const key = JSON.stringify([stream, code])
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return count <= limits.examplesOfCode
    })
  return kept.slice(0, limits.examples)
}

/** Rejected rows are in files of their own, whose statistics name the reasons. */
function hasErrors({ stats }: AddFile): boolean {
  return /"minValues":\{[^{}]*"_error_code":"/.test(stats ?? '')
}

function exampleOf(stream: string, row: Row): RejectedExample | undefined {
  const code = textOf(row, '_error_code')
  if (code === undefined || code === 'ERASED') return undefined
  const value = row['_value']
  return {
    stream,
    code,
    path: textOf(row, '_error_path')?.slice(0, limits.text),
    message: (textOf(row, '_error_message') ?? '').slice(0, limits.text),
    partition: countOf(row['_partition']),
    offset: typeof row['_offset'] === 'bigint' ? String(row['_offset']) : '',
    value: value instanceof Uint8Array ? beginning(value) : '',
  }
}

/** The first characters of bytes as text; what is no UTF-8 becomes U+FFFD. */
function beginning(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * limits.value))
  const characters = Array.from(text)
  const isWhole = bytes.length <= 4 * limits.value && characters.length <= limits.value
  return isWhole ? text : `${characters.slice(0, limits.value).join('')}…`
}
