import { describe, expect, test } from 'vitest'

import type { Metadata } from '../../shared/delta/actions/actions.js'
import { alterTable } from '../../shared/delta/ddl/alterTable.js'
import { appendRows } from '../../shared/delta/dml/appendRows.js'
import { commitPath } from '../../shared/delta/log/logName.js'
import { optimizeTable } from '../../shared/delta/maintenance/optimize.js'
import { scanRows } from '../../shared/delta/scan/scanRows.js'
import { parseSchema } from '../../shared/delta/schema/schema.js'
import { readSnapshot } from '../../shared/delta/snapshot/snapshot.js'
import { DeltaTable } from '../../shared/delta/table/table.js'
import { rowsOf } from '../../shared/delta/write/tableWriter.js'
import { allRows, columnField, LogFixture } from './logFixture.js'

const types = [
  'geometry(OGC:CRS84)',
  'geometry(srid:4326)',
  'geography(OGC:CRS84, spherical)',
  'geography',
  'geometry',
] as const
const point = Buffer.from('0101000000000000000000f03f0000000000000040', 'hex')

/** A table of one column of shapes, with the feature in its protocol or, as early writers left it, without. */
async function tableOf(type: string, listed: boolean): Promise<LogFixture> {
  const features = listed ? ['geospatial'] : []
  const t = new LogFixture({
    fields: [columnField('id', 'long'), columnField('shape', 'binary')],
    protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features },
  })
  const stats =
    '{"numRecords":1,"minValues":{"shape":"POINT(1 2)"},"maxValues":{"shape":"POINT(1 2)"},"nullCount":{"shape":0}}'
  await t.commit({ add: { ...(await t.file('a.parquet', { id: BigInt64Array.of(1n), shape: [point] })), stats } })
  const text = Buffer.from((await t.store.get(commitPath(0))) ?? '').toString()
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => {
      const action = JSON.parse(line) as { metaData?: Metadata }
      if (action.metaData === undefined) return line
      return JSON.stringify({
        metaData: {
          ...action.metaData,
          schemaString: action.metaData.schemaString.replace('"binary"', JSON.stringify(type)),
        },
      })
    })
  await t.store.put(commitPath(0), Buffer.from(`${lines.join('\n')}\n`))
  return t
}

describe('columns of shapes', () => {
  test.each(
    types.flatMap(
      type =>
        [
          [type, true],
          [type, false],
        ] as const,
    ),
  )('%s (listed: %s) are read as their bytes, and by no bounds that are none of bytes', async (type, listed) => {
    const t = await tableOf(type, listed)
    const snapshot = await readSnapshot(t.store, 0)
    if (snapshot === undefined) throw new Error('no table')
    expect(snapshot.schema.fields[1]?.type).toBe('binary')
    expect(
      await allRows(scanRows(t.store, snapshot, { predicate: { op: '=', column: 'shape', value: point } }).batches),
    ).toEqual([[1n, new Uint8Array(point)]])
  })

  test.each(
    types.flatMap(
      type =>
        [
          [type, true],
          [type, false],
        ] as const,
    ),
  )('a table with %s (listed: %s) is not written to, which would make bytes of its type', async (type, listed) => {
    const t = await tableOf(type, listed)
    const table = new DeltaTable(t.store, { clock: t.clock })
    const { schema } = await t.snapshot()
    const refused = {
      code: 'DELTA_UNSUPPORTED_FEATURE',
      message: expect.stringMatching(/geospatial|geometry or geography/) as string,
    }
    await expect(appendRows(table, [rowsOf(schema, [{ id: 2n, shape: new Uint8Array(point) }])])).rejects.toMatchObject(
      refused,
    )
    await expect(alterTable(table, [])).rejects.toMatchObject(refused)
    await expect(optimizeTable(table)).rejects.toMatchObject(refused)
    expect((await t.snapshot()).version).toBe(0)
  })

  test('inside arrays, maps and structs too', () => {
    const nested =
      '{"type":"struct","fields":[{"name":"geometry","nullable":true,"metadata":{},"type":{"type":"array","elementType":"geometry(EPSG:3857)","containsNull":true}}]}'
    expect(parseSchema(nested).fields[0]?.type).toEqual({ type: 'array', elementType: 'binary', containsNull: true })
  })

  test('a usual column called geometry is no reason to refuse anything', async () => {
    const t = new LogFixture({ fields: [columnField('geometry', 'string'), columnField('type', 'string')] })
    await t.commit()
    const table = new DeltaTable(t.store, { clock: t.clock })
    expect(
      await appendRows(table, [rowsOf((await t.snapshot()).schema, [{ geometry: 'x', type: 'geometry(x)' }])]),
    ).toMatchObject({ kind: 'committed' })
  })
})
