import { randomUUID } from 'node:crypto'

/**
 * A fresh name for a data file, never given out before. It holds no partition text: readers take partition values from
 * the log alone, and a name without them needs no escaping anywhere.
 */
export function newDataFileName(extension = 'parquet'): string {
  const id = randomUUID()
  return `${id.slice(0, 2)}/part-${id}.${extension}`
}
