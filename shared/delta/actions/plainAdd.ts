import type { AddFile } from './actions.js'

/** Shared by all files without partitions. */
export const noPartitions: AddFile['partitionValues'] = Object.freeze({})

/** How the line of an `add` begins, as every writer known writes it. */
export const addLineStart = '{"add":{'

/** Fields that are not read here: a line that has one is left to the codec of all actions. */
const left = { deletionVector: undefined, baseRowId: undefined, defaultRowCommitVersion: undefined }
const leftNames = Object.keys(left)

/** An `add` with every field named: one that {@link AddFile} gains is an error of types until it is read, or left. */
export type PlainAdd = { readonly [Field in keyof Required<AddFile>]: AddFile[Field] }

/**
 * A fast reader of the plainest and most frequent line of a log: an `add` whose numbers are whole and below 2^53,
 * without deletion vector and row ids. It takes half the time of the codec of all actions, which reads any JSON without
 * loss, and gives the same. `undefined` for every other line, a wrong one too: the codec reads it, or says what is wrong.
 */
export function plainAdd(line: string): PlainAdd | undefined {
  const add = parsed(line)
  if (add === undefined || leftNames.some(name => !isNothing(add[name]))) return undefined
  const { path, size, modificationTime, dataChange, stats, clusteringProvider } = add
  if (typeof path !== 'string' || !isWhole(size) || !isWhole(modificationTime) || typeof dataChange !== 'boolean')
    return undefined
  if (!isTextOrNothing(stats) || !isTextOrNothing(clusteringProvider)) return undefined
  const partitionValues = textMap(add['partitionValues'])
  const tags = isNothing(add['tags']) ? undefined : textMap(add['tags'])
  if (partitionValues === undefined || (tags === undefined && !isNothing(add['tags']))) return undefined
  return {
    path,
    partitionValues,
    size,
    modificationTime,
    dataChange,
    stats: stats ?? undefined,
    tags,
    deletionVector: left.deletionVector,
    baseRowId: left.baseRowId,
    defaultRowCommitVersion: left.defaultRowCommitVersion,
    clusteringProvider: clusteringProvider ?? undefined,
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const { add } = JSON.parse(line) as { readonly add?: unknown }
    return typeof add === 'object' && add !== null && !Array.isArray(add) ? (add as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isTextOrNothing(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || isNothing(value)
}

function isNothing(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

/** The value where it is a map of texts and nulls. */
export function textMap(value: unknown): Record<string, string | null> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  let count = 0
  for (const item of Object.values(value)) {
    if (typeof item !== 'string' && item !== null) return undefined
    count++
  }
  return count === 0 ? noPartitions : (value as Record<string, string | null>)
}
