import { describe, expect, test } from 'vitest'

import { ChangeFileWriter } from '../../../shared/delta/write/changeFileWriter.js'
import { rowsOf } from '../../../shared/delta/write/tableWriter.js'
import { bufferSource, openParquet } from '../../../shared/parquet/index.js'
import { field, struct, WrittenTable } from './writtenTable.js'

describe('change files', () => {
  test.each(['none', 'name', 'id'])('mapped by %s: they are read back as the changes that were written', async mode => {
    const mapped = (id: number) =>
      mode === 'none'
        ? {}
        : { metadata: { 'delta.columnMapping.id': id, 'delta.columnMapping.physicalName': `col-${id}` } }
    const schema = struct(
      field('p', 'string', mapped(1)),
      field('id', 'long', { ...mapped(2), nullable: false }),
      field('s', struct(field('x', 'string', mapped(4))), mapped(3)),
    )
    const t = await WrittenTable.create({
      schema,
      partitionColumns: ['p'],
      configuration: {
        'delta.enableChangeDataFeed': 'true',
        ...(mode === 'none' ? {} : { 'delta.columnMapping.mode': mode, 'delta.columnMapping.maxColumnId': '4' }),
      },
      protocol:
        mode === 'none' ? { minReaderVersion: 1, minWriterVersion: 4 } : { minReaderVersion: 2, minWriterVersion: 5 },
    })
    const writer = new ChangeFileWriter(t.store, await t.snapshot(), { clock: t.clock })
    await writer.write(rowsOf(schema, [{ p: 'a/b', id: 1n, s: { x: 'old' } }]), 'update_preimage')
    await writer.write(rowsOf(schema, [{ p: null, id: 1n, s: { x: 'new' } }]), 'update_postimage')
    await writer.write(rowsOf(schema, [{ p: 'a/b', id: 2n, s: null }]), 'delete')
    const files = await writer.finish()
    expect(
      files.map(({ path, dataChange }) => [/^_change_data\/cdc-[-0-9a-f]+\.parquet$/.test(path), dataChange]),
    ).toEqual([
      [true, false],
      [true, false],
    ])
    expect(files.map(({ partitionValues }) => partitionValues)).toEqual(
      mode === 'none' ? [{ p: 'a/b' }, { p: null }] : [{ 'col-1': 'a/b' }, { 'col-1': null }],
    )
    const file = await openParquet(bufferSource((await t.store.get(files[0]?.path ?? '')) ?? new Uint8Array()))
    expect(file.fields.map(({ name }) => name)).toEqual([
      ...(mode === 'none' ? ['id', 's'] : ['col-2', 'col-3']),
      '_change_type',
    ])
    await t.commit(files.map(cdc => ({ cdc })))
    const scan = await t.table.changes({ from: 1, columns: ['_change_type', 'p', 'id', 's'] })
    const found: unknown[] = []
    for await (const { rows, columns } of scan.batches)
      for (let i = 0; i < rows; i++) found.push(columns.map(data => data[i]))
    expect(found).toEqual([
      ['update_preimage', 'a/b', 1n, { x: 'old' }],
      ['delete', 'a/b', 2n, null],
      ['update_postimage', null, 1n, { x: 'new' }],
    ])
  })

  test('nothing changed is no file, and what is aborted leaves none', async () => {
    const schema = struct(field('id', 'long'))
    const t = await WrittenTable.create({ schema })
    const nothing = new ChangeFileWriter(t.store, await t.snapshot())
    expect(await nothing.finish()).toEqual([])
    const aborted = new ChangeFileWriter(t.store, await t.snapshot())
    await aborted.write(rowsOf(schema, [{ id: 1n }]), 'insert')
    await aborted.abort()
    expect(await t.objects()).toEqual([])
  })
})
