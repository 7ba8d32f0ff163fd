import { addLineStart, noPartitions, type PlainAdd, textMap } from './plainAdd.js'

const pathStart = `${addLineStart}"path":`
const partitionsStart = ',"partitionValues":'
const sizeStart = ',"size":'
const timeStart = ',"modificationTime":'
const changeStart = ',"dataChange":'
const statsStart = ',"stats":'
/** How an `add` ends: as delta-rs writes it, or Spark and this project. */
const ends = [',"tags":null,"baseRowId":null,"defaultRowCommitVersion":null,"clusteringProvider":null}}', '}}'] as const

/** What has at most so many digits is below 2^53. */
const mostDigits = 15

/**
 * The `add` in the line of a text from `start` to `end`, if it is written letter for letter as the usual writers do:
 * these fields in this order, without blanks. It takes half the time of {@link plainAdd}, because of the line only its
 * strings are parsed as JSON, each by itself: so that what stands between the quotes has to be one string, and nothing
 * of the line is left over. `undefined` for every other line.
 */
export function writtenAdd(text: string, start: number, end: number): PlainAdd | undefined {
  const tail = ends.find(one => text.endsWith(one, end))
  if (tail === undefined || !text.startsWith(pathStart, start)) return undefined
  const closing = end - tail.length
  try {
    const pathFrom = start + pathStart.length
    const pathTo = text.indexOf('"', pathFrom + 1) + 1
    const path = stringIn(text, pathFrom, pathTo)
    if (path === undefined || !text.startsWith(partitionsStart, pathTo)) return undefined
    const partitionsFrom = pathTo + partitionsStart.length
    const partitionsTo = text.indexOf(`}${sizeStart}`, partitionsFrom) + 1
    if (partitionsTo === 0 || partitionsTo > closing) return undefined
    const partitionValues =
      partitionsTo - partitionsFrom === 2 && text.startsWith('{}', partitionsFrom)
        ? noPartitions
        : textMap(JSON.parse(text.slice(partitionsFrom, partitionsTo)))
    const sizeFrom = partitionsTo + sizeStart.length
    const sizeTo = digitsEnd(text, sizeFrom)
    if (partitionValues === undefined || sizeTo < 0 || !text.startsWith(timeStart, sizeTo)) return undefined
    const timeFrom = sizeTo + timeStart.length
    const timeTo = digitsEnd(text, timeFrom)
    if (timeTo < 0 || !text.startsWith(changeStart, timeTo)) return undefined
    const changeFrom = timeTo + changeStart.length
    const dataChange = text.startsWith('true', changeFrom)
    if (!dataChange && !text.startsWith('false', changeFrom)) return undefined
    const changeTo = changeFrom + (dataChange ? 4 : 5)
    let stats: string | undefined
    if (changeTo !== closing) {
      if (!text.startsWith(statsStart, changeTo)) return undefined
      stats = stringIn(text, changeTo + statsStart.length, closing)
      if (stats === undefined) return undefined
    }
    return {
      path,
      partitionValues,
      size: Number(text.slice(sizeFrom, sizeTo)),
      modificationTime: Number(text.slice(timeFrom, timeTo)),
      dataChange,
      stats,
      tags: undefined,
      deletionVector: undefined,
      baseRowId: undefined,
      defaultRowCommitVersion: undefined,
      clusteringProvider: undefined,
    }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The JSON string that is all of this part. @throws SyntaxError for what is no JSON */
function stringIn(text: string, from: number, to: number): string | undefined {
  if (to <= from || text.charCodeAt(from) !== quote) return undefined
  const value: unknown = JSON.parse(text.slice(from, to))
  return typeof value === 'string' ? value : undefined
}

const quote = 0x22
const zero = 0x30

/** Where a whole number as JSON has it ends; −1 when there is none, or one of more digits than are read here. */
function digitsEnd(text: string, from: number): number {
  let at = from
  for (let digit = text.charCodeAt(at) - zero; digit >= 0 && digit <= 9; digit = text.charCodeAt(at) - zero) at++
  const digits = at - from
  return digits === 0 || digits > mostDigits || (digits > 1 && text.charCodeAt(from) === zero) ? -1 : at
}
