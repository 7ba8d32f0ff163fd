import type { SourceRecord } from './source.js'

/** Bytes of a record's key, value and headers. */
export function recordBytes({ key, value, headers }: Pick<SourceRecord, 'key' | 'value' | 'headers'>): number {
  let size = (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, content] of headers) size += name.length + (content?.length ?? 0)
  return size
}
