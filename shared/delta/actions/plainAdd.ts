import type { AddFile } from './actions.js'

/** Shared by all files without partitions. */
const noPartitions: AddFile['partitionValues'] = Object.freeze({})

/** How the line of an `add` begins, as every writer known writes it. */
export const addLineStart = '{"add":{'

/**
 * The `add` of a commit's line where it is as most are: its numbers whole and below 2^53, no deletion vector, no row
 * ids. Most of a long log's lines are such, and this takes half the time of reading any JSON without loss. `undefined`
 * for every other line, a wrong one too.
 */
export function plainAdd(line: string): AddFile | undefined {
  const add = parsed(line)
  if (add === undefined) return undefined
  const { path, size, modificationTime, dataChange, stats, clusteringProvider } = add
  if (typeof path !== 'string' || !isWhole(size) || !isWhole(modificationTime) || typeof dataChange !== 'boolean')
    return undefined
  if (!isTextOrNothing(stats) || !isTextOrNothing(clusteringProvider)) return undefined
  if (!(isNothing(add['deletionVector']) && isNothing(add['baseRowId']) && isNothing(add['defaultRowCommitVersion'])))
    return undefined
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
    deletionVector: undefined,
    baseRowId: undefined,
    defaultRowCommitVersion: undefined,
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

function textMap(value: unknown): Record<string, string | null> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  let count = 0
  for (const item of Object.values(value)) {
    if (typeof item !== 'string' && item !== null) return undefined
    count++
  }
  return count === 0 ? noPartitions : (value as Record<string, string | null>)
}
