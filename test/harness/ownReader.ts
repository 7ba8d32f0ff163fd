import { pathToFileURL } from 'node:url'
import { rowJson } from '../../shared/cli/valueText.js'
import { systemClock } from '../../shared/clock.js'
import { parsePartitionValue } from '../../shared/delta/partitionValue.js'
import { resolveDataPath } from '../../shared/delta/path.js'
import { typeText } from '../../shared/delta/schema.js'
import { readSnapshot, type Snapshot } from '../../shared/delta/snapshot.js'
import type { StructField } from '../../shared/parquet/dataType.js'
import { openParquet, storedFile } from '../../shared/parquet/index.js'
import type { ObjectStore } from '../../shared/storage/objectStore.js'
import { openStore } from '../../shared/storage/openStore.js'
import { tableContent, type TableContent } from './otherReaders.js'

/** A table in a local folder as this project's own snapshot and Parquet readers see it. */
export async function readOwn(folder: string): Promise<TableContent> {
  const store = await openStore(pathToFileURL(folder).href)
  const snapshot = await ownSnapshot(store)
  const { fields } = snapshot.schema
  const text = rowJson(fields)
  const lines: string[] = []
  for (const add of snapshot.files) {
    const path = resolveDataPath(store.url, add.path)
    if (path.kind !== 'relative') throw new Error(`${add.path} is not of this table`)
    const file = await openParquet(storedFile(store, path.name, add.size))
    const inPath = fields.filter(field => snapshot.metadata.partitionColumns.includes(field.name))
    const values = Object.fromEntries(inPath.map(f => [f.name, parsePartitionValue(f.type, add.partitionValues[f.name] ?? null)]))
    for await (const row of file.rows({ fields: fields.filter(field => !inPath.includes(field)) })) lines.push(text({ ...row, ...values }))
  }
  return tableContent(typesOf(fields), lines)
}

/** The table in the store as it is now. */
export async function ownSnapshot(store: ObjectStore): Promise<Snapshot> {
  const snapshot = await readSnapshot(store, systemClock.now())
  if (snapshot === undefined) throw new Error(`there is no table at ${store.url}`)
  return snapshot
}

function typesOf(fields: readonly StructField[]): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, type }) => [name, typeText(type).replaceAll(', ', ',').replaceAll(': ', ':')]))
}
