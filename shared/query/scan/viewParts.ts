import { type ColumnLayout, columnLayout, hasChars } from '../../delta/index.js'
import { containsType, isStruct, isVariant, type StructField } from '../../types/index.js'
import { type DuckDbSession, parquetFiles, selectList } from '../duckdb/index.js'
import { deletedRows } from './deletedRows.js'
import type { FileCache } from './fileCache.js'
import { fileNeeds } from './fileNeeds.js'
import { FileReading } from './fileReading.js'
import type { LocalFile } from './localFile.js'
import { localFiles } from './localFiles.js'
import type { FileNeed } from './narrowing.js'
import { normalizedCopy, normalizedCopySql } from './normalizedCopy.js'
import { type ViewSource } from './viewSource.js'

/**
 * SELECTs of the same columns that together have the source's rows: of the files that DuckDB reads itself, and of copies
 * of the others.
 *
 * @param held what keeps the files in place
 */
export async function viewParts(
  session: DuckDbSession,
  cache: FileCache,
  source: ViewSource,
  fields: readonly StructField[],
  held: Disposable[],
): Promise<readonly string[]> {
  const layout = columnLayout(source.state, { table: source.store.url })
  const needs = await needsOf(source, fields, layout)
  const local = fields.every(field => isFoundByName(field, layout)) ? await localFiles(cache, source, needs, held) : []
  const reading = new FileReading(fields, layout, source.store.url, source.timeZone)
  const direct = await directFiles(session, reading, local)
  const parts: string[] = []
  const whole = direct.filter(({ file }) => file.deletionVector === undefined)
  if (whole.length > 0) parts.push(reading.select(whole))
  const partly = direct.filter(({ file }) => file.deletionVector !== undefined)
  if (partly.length > 0) {
    const deleted = await deletedRows(session, cache, source, partly)
    held.push(deleted)
    parts.push(reading.select(partly, deleted))
  }
  const read = new Set(direct.map(({ file }) => file))
  const copies: string[] = []
  for (const { file, groups } of needs) {
    if (read.has(file)) continue
    const copy = await normalizedCopy(cache, source.store, file, { ...source, fields, groups })
    held.push(copy)
    copies.push(...copy.paths)
  }
  if (copies.length > 0) parts.push(`SELECT ${selectList(normalizedCopySql(fields))} FROM ${parquetFiles(copies)}`)
  return parts
}

/** The files with rows that are needed, and what of them is. */
async function needsOf(
  source: ViewSource,
  fields: readonly StructField[],
  layout: ColumnLayout,
): Promise<readonly FileNeed[]> {
  const { narrowing } = source
  if (narrowing === undefined || source.store.localPath !== undefined)
    return source.files.map(file => ({ file, rows: 0 }))
  return (await fileNeeds({ ...source, narrowing }, fields, layout)).filter(({ groups }) => groups?.length !== 0)
}

/** Those of the files in which DuckDB finds what the table has. */
async function directFiles(
  session: DuckDbSession,
  reading: FileReading,
  files: readonly LocalFile[],
): Promise<readonly LocalFile[]> {
  if (files.length === 0 || (await reading.fits(session, files))) return files
  if (files.length === 1) return []
  const middle = files.length >> 1
  return [
    ...(await directFiles(session, reading, files.slice(0, middle))),
    ...(await directFiles(session, reading, files.slice(middle))),
  ]
}

/**
 * Whether a name is enough to find the column: not when it is matched by id, when nested fields have other names, or
 * when values are longer than they are stored.
 */
function isFoundByName(field: StructField, { match }: ColumnLayout): boolean {
  const { type } = field
  if (match === 'id' || containsType(type, isVariant) || hasChars(field)) return false
  return match === 'name' || !containsType(type, isStruct)
}
