import { describe, expect, test } from 'vitest'

import { ManualClock } from '../../../shared/clock.js'
import { type DataFileLayout, writeDataFile } from '../../../shared/delta/dataFiles/dataFile.js'
import { bufferSource, openParquet } from '../../../shared/parquet/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import type { Column } from '../../../shared/types/index.js'

const layout: DataFileLayout = {
  schema: {
    type: 'struct',
    fields: [
      { name: 'day', type: 'date', nullable: true },
      { name: 'id', type: 'long', nullable: false },
      { name: 'text', type: 'string', nullable: true },
      { name: 'later', type: 'double', nullable: true },
    ],
  },
  partitionColumns: ['day'],
  configuration: {},
}
const id = (data: Column['data']): Column => ({ field: { name: 'id', type: 'long', nullable: true }, data })
const text: Column = { field: { name: 'text', type: 'string', nullable: true }, data: ['b', null] }

describe('writing a data file', () => {
  test('the add records the object that is there, and the rows in it', async () => {
    const store = new MemoryStore()
    const clock = new ManualClock(12345)
    const add = await writeDataFile(store, layout, [text, id([7n, 8n])], { day: '' }, { clock, tags: { a: 'b' } })
    expect(add).toEqual({
      path: add.path,
      partitionValues: { day: null },
      size: (await store.head(add.path))?.size,
      modificationTime: 12345,
      dataChange: true,
      stats:
        '{"numRecords":2,"minValues":{"id":7,"text":"b"},"maxValues":{"id":8,"text":"b"},"nullCount":{"id":0,"text":1,"later":2}}',
      tags: { a: 'b' },
    })
    const bytes = await store.get(add.path)
    const file = await openParquet(bufferSource(bytes ?? new Uint8Array()))
    expect(file.fields.map(f => [f.name, f.nullable])).toEqual([
      ['id', false],
      ['text', true],
    ])
  })

  test.each<[RegExp, Column[], Record<string, string | null>]>([
    [/column id may not be null in the table, and is in a row/, [id([1n, null])], { day: null }],
    [/column id may not be null in the table, and the rows lack it/, [text], { day: null }],
    [
      /column id is long in the table and double in the rows/,
      [{ field: { name: 'id', type: 'double', nullable: true }, data: [1] }],
      { day: null },
    ],
    [
      /column day is a partition column: /,
      [id([1n]), { field: { name: 'day', type: 'date', nullable: true }, data: [1] }],
      { day: null },
    ],
    [/column day is a partition column without a value/, [id([1n])], {}],
    [/column id is no partition column/, [id([1n])], { day: null, id: '1' }],
    [
      /column other is not a column of the table/,
      [id([1n]), { field: { name: 'other', type: 'long', nullable: true }, data: [1n] }],
      { day: null },
    ],
  ])('%s', async (message, columns, partition) => {
    const store = new MemoryStore()
    await expect(writeDataFile(store, layout, columns, partition)).rejects.toThrow(message)
    for await (const object of store.list('')) expect.fail(`${object.path} was written`)
  })
})
