import type { LeafData, LeafRequest, ParquetFile, RowGroupInfo } from '../../parquet/index.js'
import type { DataType } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'

const text: DataType = 'string'
const long: DataType = 'long'

function leaf(type: DataType, ...path: readonly string[]): LeafRequest {
  return { path: ['add', ...path], type }
}

/** What most files have, and no more. */
const needed: readonly LeafRequest[] = [
  leaf(text, 'path'),
  leaf(text, 'partitionValues', 'key_value', 'key'),
  leaf(text, 'partitionValues', 'key_value', 'value'),
  leaf(long, 'size'),
  leaf(long, 'modificationTime'),
  leaf('boolean', 'dataChange'),
  leaf(text, 'stats'),
]

/** What files seldom have; where one does the general way of reading is taken. */
const seldom: readonly LeafRequest[] = [
  leaf(text, 'tags', 'key_value', 'key'),
  leaf(text, 'deletionVector', 'storageType'),
  leaf(long, 'baseRowId'),
  leaf(long, 'defaultRowCommitVersion'),
  leaf(text, 'clusteringProvider'),
]

/**
 * The `add`s of a checkpoint's row group straight from its physical columns: most of a large table's opening is spent
 * here. `undefined` when this row group has something that only {@link checkpointActions} understands, or that is
 * wrong, which it reports better.
 */
export async function plainAdds(file: ParquetFile, group: RowGroupInfo): Promise<AddFile[] | undefined> {
  if (!file.hasLeaves([...needed, ...seldom])) return undefined
  // By the footer's statistics most of them hold only nulls.
  const asked = seldom.filter(({ path }) => file.mayHaveValues(group, path))
  const [path, key, value, size, modificationTime, dataChange, stats, ...others] = await file.readLeaves(group, [
    ...needed,
    ...asked,
  ])
  if (others.some(({ values }) => values.length > 0)) return undefined
  if (path === undefined || key === undefined || value === undefined || size === undefined) return undefined
  if (modificationTime === undefined || dataChange === undefined || stats === undefined) return undefined
  const count = path.values.length
  const { rows } = group
  if (!isFlat(path, rows) || !isFlat(stats, rows)) return undefined
  for (const column of [size, modificationTime, dataChange])
    if (!isFlat(column, rows) || column.values.length !== count) return undefined
  const sizes = safeIntegers(size)
  const times = safeIntegers(modificationTime)
  const partitions = partitionValues(key, value, path, rows)
  if (sizes === undefined || times === undefined || partitions === undefined) return undefined
  const strings = stats.values as readonly string[]
  const adds = new Array<AddFile>(count)
  for (let row = 0, at = 0, nextStats = 0; row < rows; row++) {
    const hasStats = isPresent(stats, row)
    if (!isPresent(path, row)) {
      // The fields of a null struct hold nothing.
      if (hasStats || isPresent(size, row) || isPresent(modificationTime, row) || isPresent(dataChange, row))
        return undefined
      continue
    }
    adds[at] = {
      path: path.values[at] as string,
      partitionValues: partitions[at] as AddFile['partitionValues'],
      size: sizes[at] as number,
      modificationTime: times[at] as number,
      dataChange: dataChange.values[at] as boolean,
      stats: hasStats ? strings[nextStats++] : undefined,
    }
    at++
  }
  return adds
}

function isFlat({ entries, repetitionLevels: repetitions }: LeafData, rows: number): boolean {
  return entries === rows && repetitions === undefined
}

function isPresent(
  { definitionLevels: definitions, leaf: { maxDefinitionLevel: present } }: LeafData,
  row: number,
): boolean {
  return definitions === undefined || definitions[row] === present
}

/**
 * Longs as numbers; nothing when one is beyond 2^53. Combined from 32-bit halves, because a bigint for each would cost
 * more.
 */
function safeIntegers({ values }: LeafData): Float64Array | undefined {
  if (!(values instanceof BigInt64Array)) return values.length === 0 ? new Float64Array() : undefined
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const numbers = new Float64Array(values.length)
  for (let i = 0; i < numbers.length; i++) {
    const number = (halves[2 * i + 1] as number) * 2 ** 32 + ((halves[2 * i] as number) >>> 0)
    if (!Number.isSafeInteger(number)) return undefined
    numbers[i] = number
  }
  return numbers
}

/** Shared by all files without partitions. */
const noPartitions: AddFile['partitionValues'] = Object.freeze({})

/** The map of each `add`, from its keys and values as they are repeated. */
function partitionValues(
  key: LeafData,
  value: LeafData,
  path: LeafData,
  rows: number,
): AddFile['partitionValues'][] | undefined {
  if (key.entries !== value.entries) return undefined
  const maps: AddFile['partitionValues'][] = []
  const keys = key.values as readonly string[]
  const values = value.values as readonly string[]
  let [entry, nextKey, nextValue] = [0, 0, 0]
  for (let row = 0; row < rows; row++) {
    if (entry >= key.entries || (key.repetitionLevels?.[entry] ?? 0) !== 0) return undefined
    let map: Record<string, string | null> | undefined
    do {
      if (isPresent(key, entry)) {
        map ??= {}
        const name = keys[nextKey++] as string
        // By definition, because a column may be called like something that every object has.
        Object.defineProperty(map, name, {
          value: isPresent(value, entry) ? (values[nextValue++] as string) : null,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
      entry++
    } while (entry < key.entries && (key.repetitionLevels?.[entry] ?? 0) !== 0)
    if (isPresent(path, row)) maps.push(map ?? noPartitions)
  }
  return entry === key.entries && nextKey === keys.length && nextValue === values.length ? maps : undefined
}
