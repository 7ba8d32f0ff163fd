import type { Stream } from '../../contract/index.js'
import type { AddFile } from '../../delta/index.js'
import { identifier } from '../../query/index.js'
import { rowsIn, type SessionTable } from '../incremental/index.js'
import { hashValue, type LocatedFile, type TableKeyIndex } from '../keyIndex/index.js'

export { readLocated } from '../keyIndex/index.js'

/** Files of which single row groups are read, and files that are read whole. */
export interface KeyReads {
  readonly located: readonly LocatedFile[]
  readonly whole: readonly AddFile[]
}

/** Rows below which all keys are read sooner than they are looked up. */
const minRows = 2 ** 18
/** Rows for each new one below which nearly every row group would have one of their keys. */
const minRatio = 4
/** The part of a file's rows from which on it is read whole. */
const maxOfFile = 1 / 3

/** Which of the files, and what of them, can have a key of the new rows. */
export async function locateKeys(
  stream: Stream,
  rows: SessionTable,
  files: readonly AddFile[],
  keys: TableKeyIndex | undefined,
): Promise<KeyReads> {
  const there = rowsIn(files)
  if (keys === undefined || there < minRows || there < minRatio * (await rows.count()))
    return { located: [], whole: files }
  const { located, unknown } = await keys.index.locate(files, await keyHashes(stream, rows))
  const isMost = ({ indexed, groups }: LocatedFile) => {
    const sizes = [...groups.keys()].map(group => indexed.outline.groups[group]?.[0] ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0) > indexed.rows * maxOfFile
  }
  return {
    located: located.filter(file => !isMost(file)),
    whole: [...unknown, ...located.filter(isMost).map(({ file }) => file)],
  }
}

/** The hashes of the rows' keys, ascending. */
async function keyHashes(stream: Stream, rows: SessionTable): Promise<Float64Array> {
  const { batches } = await rows.session.stream(`SELECT DISTINCT ${identifier(stream.key)} AS k FROM ${rows.name}`)
  const hashes: number[] = []
  for await (const batch of batches) {
    for (const row of batch) {
      const hash = hashValue(row['k'])
      if (hash !== undefined) hashes.push(hash)
    }
  }
  return Float64Array.from(hashes).sort()
}
