import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/deleteRows.js'
import { mergeRows } from '../../../shared/delta/dml/mergeRows.js'
import { updateRows } from '../../../shared/delta/dml/updateRows.js'
import { scanRows } from '../../../shared/delta/scan/scanRows.js'
import { rowsOf, TableWriter } from '../../../shared/delta/write/tableWriter.js'
import type { DataType, Value } from '../../../shared/types/index.js'
import { field, struct, WrittenTable } from '../write/writtenTable.js'

interface Known {
  readonly what: string
  readonly type: DataType
  readonly value: Value
  /** The bounds' JSON as such a writer left it. */
  readonly min: string
  readonly max: string
}

const cut = 'a'.repeat(32)
const known: readonly Known[] = [
  {
    what: 'a decimal as a double',
    type: { type: 'decimal', precision: 19, scale: 0 },
    value: 1234567890123456789n,
    min: '1234567890123456768',
    max: '1234567890123456768',
  },
  {
    what: 'a decimal with a fraction as a double',
    type: { type: 'decimal', precision: 38, scale: 18 },
    value: 1234567890123456789n,
    min: '1.2345678901234568',
    max: '1.2345678901234568',
  },
  {
    what: 'a long as a double',
    type: 'long',
    value: 1234567890123456789n,
    min: '1.2345678901234568e18',
    max: '1234567890123456800',
  },
  {
    what: 'an offset without its seconds',
    type: 'timestamp',
    value: BigInt(Date.UTC(1850, 0, 1, 16, 56, 2)) * 1000n,
    min: '"1850-01-01T12:00:00.000-04:56"',
    max: '"1850-01-01T12:00:00.000-04:56"',
  },
  {
    what: 'a greatest text cut with U+FFFD',
    type: 'string',
    value: `${cut}\u{1f33c} tail`,
    min: `"${cut}"`,
    max: `"${cut}\ufffd"`,
  },
  { what: 'NaN left out', type: 'double', value: NaN, min: '1.0', max: '1.0' },
  { what: 'NaN left out of floats', type: 'float', value: NaN, min: '1.0', max: '1.0' },
]

/** A table of one row whose file has the statistics of a writer that is less exact. */
async function tableOf({ type, value, min, max }: Known): Promise<WrittenTable> {
  const made = await WrittenTable.create({ schema: struct(field('k', type), field('v', 'integer')) })
  const snapshot = await made.snapshot()
  const writer = new TableWriter(made.store, snapshot, { clock: made.clock })
  await writer.write(rowsOf(snapshot.schema, [{ k: value, v: 1 }]))
  const stats = `{"numRecords":1,"minValues":{"k":${min},"v":1},"maxValues":{"k":${max},"v":1},"nullCount":{"k":0,"v":0}}`
  await made.commit((await writer.finish()).map(add => ({ add: { ...add, stats } })))
  return made
}

describe('rows whose file has inexact bounds', () => {
  for (const one of known) {
    test(`${one.what}: a merge finds the key, and does not double it`, async () => {
      const made = await tableOf(one)
      const { schema } = await made.snapshot()
      const outcome = await mergeRows(made.table, [rowsOf(schema, [{ k: one.value, v: 2 }])], { on: ['k'] })
      expect(outcome).toMatchObject({ metrics: { numTargetRowsUpdated: 1n, numTargetRowsInserted: 0n } })
      expect(await made.rows()).toEqual([{ k: one.value, v: 2 }])
    })

    test(`${one.what}: a read, an update and a deletion find the row`, async () => {
      const made = await tableOf(one)
      const where = { op: '=', column: 'k', value: one.value } as const
      expect(scanRows(made.store, await made.snapshot(), { predicate: where }).files).toHaveLength(1)
      expect(await updateRows(made.table, { where, set: { v: { value: 5 } } })).toMatchObject({
        metrics: { numUpdatedRows: 1n },
      })
    })

    test(`${one.what}: a deletion takes the row out, and nothing else`, async () => {
      const made = await tableOf(one)
      expect(await deleteRows(made.table, { where: { op: '<', column: 'k', value: one.value } })).toEqual({
        kind: 'nothingToDo',
        version: 1,
      })
      await deleteRows(made.table, { where: { op: '>=', column: 'k', value: one.value } })
      expect(await made.rows()).toEqual([])
    })
  }
})
