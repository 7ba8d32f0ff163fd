import type { ByteRange, ObjectStore } from '../../../shared/storage/index.js'

/** What was read of a store's data files. */
export interface DataReads {
  bytes: number
}

/** A store as if it were on blob storage, nothing of it used in place; `reads` grow by what is read of Parquet files. */
export function farStore(store: ObjectStore, reads: DataReads = { bytes: 0 }): ObjectStore {
  const get = async (path: string, range?: ByteRange) => {
    const bytes = await store.get(path, range)
    if (path.endsWith('.parquet')) reads.bytes += bytes?.length ?? 0
    return bytes
  }
  return new Proxy(store, {
    get(target, key) {
      if (key === 'localPath') return undefined
      if (key === 'get') return get
      if (key === 'within') return (prefix: string) => farStore(target.within(prefix), reads)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
