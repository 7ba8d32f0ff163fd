import { pathToFileURL } from 'node:url'

import { rowJson } from '../../shared/cli/index.js'
import { systemClock } from '../../shared/clock.js'
import { readChanges, readSnapshot, scanRows, type Snapshot, typeText } from '../../shared/delta/index.js'
import { type ObjectStore, openStore } from '../../shared/storage/index.js'
import type { ColumnData, Row, StructField } from '../../shared/types/index.js'
import { type TableContent, tableContent } from './otherReaders.js'

/** A table in a local folder as this project reads it. */
export async function readOwn(folder: string, version?: number): Promise<TableContent> {
  const store = await openStore(pathToFileURL(folder).href)
  const { fields, batches } = scanRows(store, await ownSnapshot(store, version), { openFolder: openStore })
  return content(fields, batches)
}

/** The change feed of a table in a local folder as this project reads it. */
export async function readOwnChanges(folder: string, from: number, to?: number): Promise<TableContent> {
  const { fields, batches } = await readChanges(await openStore(pathToFileURL(folder).href), {
    from,
    to,
    openFolder: openStore,
  })
  return content(fields, batches)
}

/** The table in the store as it is now, or was at a version. */
export async function ownSnapshot(store: ObjectStore, version?: number): Promise<Snapshot> {
  const snapshot = await readSnapshot(store, systemClock.now(), version)
  if (snapshot === undefined) throw new Error(`there is no table at ${store.url}`)
  return snapshot
}

async function content(
  fields: readonly StructField[],
  batches: AsyncIterable<{ readonly rows: number; readonly columns: readonly ColumnData[] }>,
): Promise<TableContent> {
  const text = rowJson(fields)
  const lines: string[] = []
  for await (const { rows, columns } of batches) {
    for (let row = 0; row < rows; row++) {
      lines.push(
        text(Object.fromEntries(fields.map(({ name }, i): [string, Row[string]] => [name, columns[i]?.[row]]))),
      )
    }
  }
  return tableContent(typesOf(fields), lines)
}

function typesOf(fields: readonly StructField[]): Record<string, string> {
  return Object.fromEntries(
    fields.map(({ name, type }) => [name, typeText(type).replaceAll(', ', ',').replaceAll(': ', ':')]),
  )
}
