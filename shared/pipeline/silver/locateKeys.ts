import type { Stream } from '../../contract/index.js'
import { type AddFile, filesThatMayMatch, type Snapshot } from '../../delta/index.js'
import { identifier } from '../../query/index.js'
import { columnKey, dayMicros, parseIsoDate } from '../../types/index.js'
import { eventDate, rowsIn, type SessionTable } from '../incremental/index.js'
import { type KeySearch, type LocatedFile, SoughtKeys, type TableKeyIndex } from '../keyIndex/index.js'
import { dedupeWindow } from './dedupe.js'

export { readLocated } from '../keyIndex/index.js'

/** Files of which single stretches of rows are read, what is sought in them, and files that are read whole. */
export interface KeyReads {
  readonly located: readonly LocatedFile[]
  /** Undefined where no part of a file is read by itself. */
  readonly search: KeySearch | undefined
  readonly whole: readonly AddFile[]
}

/** Rows below which all keys are read sooner than they are looked up. */
const minRows = 2 ** 18
/**
 * Rows for each new one below which to read all keys takes less time than to look up each new one, and less memory: where many
 * rows are new, nearly every stretch of rows has one of their keys.
 */
const minRatio = 16
/** The part of a file's rows from which on it is read whole. */
const maxOfFile = 1 / 3

/** Which of the files, and what of them, can have a key of the new rows. */
export async function locateKeys(
  stream: Stream,
  rows: SessionTable,
  snapshot: Snapshot,
  files: readonly AddFile[],
  index: TableKeyIndex | undefined,
): Promise<KeyReads> {
  const there = rowsIn(files)
  if (index === undefined || there < minRows || there < minRatio * (await rows.count()))
    return { located: [], search: undefined, whole: files }
  const keys = await soughtKeys(stream, rows)
  const { located, unknown } = await index.index.locate(files, keys.hashes())
  const isMost = ({ indexed, parts }: LocatedFile) =>
    [...parts.values()].reduce((sum, [rows = 0]) => sum + rows, 0) > indexed.rows * maxOfFile
  const inPart = located.filter(file => !isMost(file))
  const timesOf = daySpans(
    stream,
    snapshot,
    inPart.map(({ file }) => file),
  )
  return {
    located: inPart,
    search: { keys, window: dedupeWindow(stream), timesOf },
    whole: [...unknown, ...located.filter(isMost).map(({ file }) => file)],
  }
}

async function soughtKeys(stream: Stream, rows: SessionTable): Promise<SoughtKeys> {
  const time = `epoch_us(${identifier(stream.eventTime)})`
  const { batches } = await rows.session.stream(`
    SELECT ${identifier(stream.key)} AS k, min(${time}) AS t0, max(${time}) AS t1 FROM ${rows.name} GROUP BY k`)
  const keys = new SoughtKeys()
  for await (const batch of batches) for (const { k, t0, t1 } of batch) keys.add(k ?? null, t0 as bigint, t1 as bigint)
  return keys
}

/** The day that a file is of as a span of event times, if its statistics say that all of its rows are of that day. */
function daySpans(stream: Stream, snapshot: Snapshot, files: readonly AddFile[]): KeySearch['timesOf'] {
  const column = columnKey([stream.eventTime])
  const spans = new Map<string, readonly [bigint, bigint]>()
  for (const [text, own] of Map.groupBy(files, ({ partitionValues }) => partitionValues[eventDate] ?? '')) {
    const day = parseIsoDate(text)
    if (day === undefined) continue
    const [least, end] = [BigInt(day) * dayMicros, BigInt(day + 1) * dayMicros]
    const others = filesThatMayMatch(snapshot, own, {
      op: 'or',
      of: [
        { op: 'isNull', column },
        { op: '<', column, value: least },
        { op: '>=', column, value: end },
      ],
    })
    const outside = new Set(others)
    for (const file of own) if (!outside.has(file)) spans.set(file.path, [least, end - 1n])
  }
  return ({ path }) => spans.get(path)
}
