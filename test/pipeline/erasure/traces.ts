import { objectStoreSource, openParquet } from '../../../shared/parquet/index.js'
import type { ObjectStore } from '../../../shared/storage/index.js'

/**
 * Where a text stands in the files of a lake, decoded: bytes as they are (footers, logs, checksum files), texts and
 * bytes of every page of every Parquet file (data files, checkpoints), JSON inside texts, base64 inside JSON.
 */
export async function tracesOf(store: ObjectStore, text: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { path, size } of store.list('')) {
    const bytes = await store.get(path)
    if (bytes === undefined) continue
    if (inBytes(bytes, text)) found.push(`${path}: bytes`)
    else if (path.endsWith('.parquet') && (await inRows(store, path, size, text))) found.push(`${path}: rows`)
    else if (/\.(json|crc|jsonl)$/.test(path) && inJsonLines(bytes, text)) found.push(`${path}: JSON`)
  }
  return found
}

async function inRows(store: ObjectStore, path: string, size: number, text: string): Promise<boolean> {
  const file = await openParquet(objectStoreSource(store, path, size))
  for await (const row of file.rows()) if (inValue(row, text)) return true
  return false
}

function inJsonLines(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .some(line => inText(line, text))
}

function inText(found: string, text: string): boolean {
  if (found.includes(text)) return true
  const start = found.trimStart()[0]
  if (start === '{' || start === '[' || start === '"') {
    try {
      if (inValue(JSON.parse(found), text)) return true
    } catch {
      // No JSON after all.
    }
  }
  return /^[A-Za-z0-9+/]{4,}={0,2}$/.test(found) && Buffer.from(found, 'base64').includes(text)
}

function inBytes(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes).includes(text)
}

function inValue(value: unknown, text: string): boolean {
  if (typeof value === 'string') return inText(value, text)
  if (value instanceof Uint8Array) return inBytes(value, text) || inText(Buffer.from(value).toString('utf8'), text)
  if (value instanceof Map) return [...value].some(([k, v]) => inValue(k, text) || inValue(v, text))
  if (Array.isArray(value)) return value.some(one => inValue(one, text))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).some(([name, one]) => name.includes(text) || inValue(one, text))
  return false
}
