import { describe, expect, test } from 'vitest'

import { readDataFile } from '../../../shared/delta/dataFiles/dataFileRows.js'
import { originReading } from '../../../shared/delta/dataFiles/rowOrigins.js'
import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { columnLayout } from '../../../shared/delta/schema/columnLayout.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import type { Value } from '../../../shared/types/index.js'
import { columnField } from '../logFixture.js'
import { ChangeFixture } from './changeFixture.js'

const id = columnField('id', 'long')
const name = columnField('name', 'string')
const tracked = {
  'delta.enableRowTracking': 'true',
  'delta.rowTracking.materializedRowIdColumnName': '_row-id',
  'delta.rowTracking.materializedRowCommitVersionColumnName': '_row-version',
}
const protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['deletionVectors'],
  writerFeatures: ['appendOnly', 'deletionVectors', 'domainMetadata', 'invariants', 'rowTracking'],
}

/** By `id` the row's stable id, and the version that wrote it as it is. */
async function identities(table: ChangeFixture): Promise<Record<string, [Value, Value]>> {
  const snapshot = await table.snapshot()
  const where = { table: table.table.url }
  const reading = originReading(snapshot, { layout: columnLayout(snapshot, where), fields: [id] }, where)
  const found: Record<string, [Value, Value]> = {}
  for (const file of snapshot.files) {
    for await (const batch of readDataFile(table.memory, file, { ...reading, where })) {
      const origins = reading.originsOf(batch, file)
      const keys = batch.columns[0] ?? []
      for (let row = 0; row < batch.rows; row++)
        found[(keys[row] as bigint).toString()] = [origins?.ids[row] ?? null, origins?.commitVersions[row] ?? null]
    }
  }
  return found
}

describe('rows of a table that tracks them', () => {
  for (const [kind, configuration] of Object.entries({
    rewritten: tracked,
    'marked by vectors': { ...tracked, 'delta.enableDeletionVectors': 'true' },
  })) {
    test(`${kind}, keep their ids; a row that changes gets a new version, and one that only moves does not`, async () => {
      const table = await ChangeFixture.create({ fields: [id, name], configuration, protocol })
      await table.append(
        [0, 1, 2, 3].map(i => ({ id: BigInt(i), name: `n${i}` })),
        { files: [2, 2] },
      )
      expect(await identities(table)).toEqual({ 0: [0n, 1n], 1: [1n, 1n], 2: [2n, 1n], 3: [3n, 1n] })
      await deleteRows(table.table, { where: { op: '=', column: 'id', value: 0n } })
      await updateRows(table.table, { where: { op: '=', column: 'id', value: 2n }, set: { name: { value: 'x' } } })
      const afterUpdate = { 1: [1n, 1n], 2: [2n, 3n], 3: [3n, 1n] }
      expect(await identities(table)).toEqual(afterUpdate)
      await mergeRows(
        table.table,
        [
          rowsOf({ type: 'struct', fields: [id, name] }, [
            { id: 3n, name: 'y' },
            { id: 7n, name: 'new' },
          ]),
        ],
        { on: ['id'] },
      )
      const last = await identities(table)
      expect(last).toMatchObject({ 1: [1n, 1n], 2: [2n, 3n], 3: [3n, 4n] })
      // A new row has an id that no row ever had.
      expect(last['7']?.[0]).toBeGreaterThan(3n)
      expect(last['7']?.[1]).toBe(4n)
    })
  }
})
