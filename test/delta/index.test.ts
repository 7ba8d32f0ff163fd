import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInThisContext } from 'node:vm'

import { expect, test } from 'vitest'

import * as ddl from '../../shared/delta/ddl/index.js'
import { alterTable } from '../../shared/delta/ddl/index.js'
import * as dml from '../../shared/delta/dml/index.js'
import { appendRows, deleteRows, mergeRows, restoreTable, rowsOf } from '../../shared/delta/dml/index.js'
import * as engine from '../../shared/delta/index.js'
import { createTable, DeltaTable, scanRows } from '../../shared/delta/index.js'
import * as maintenance from '../../shared/delta/maintenance/index.js'
import { optimizeTable, vacuumTable } from '../../shared/delta/maintenance/index.js'
import { openStore } from '../../shared/storage/index.js'
import type { StructType, Value } from '../../shared/types/index.js'

const delta = { ...engine, ...dml, ...ddl, ...maintenance }

test('the example of the engine works as it stands', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'))
  try {
    const table = new DeltaTable(await openStore(pathToFileURL(join(folder, 'events')).href))
    const schema: StructType = {
      type: 'struct',
      fields: [
        { name: 'id', type: 'long', nullable: false },
        { name: 'kind', type: 'string', nullable: true },
      ],
    }
    const configuration = { 'delta.enableDeletionVectors': 'true', 'delta.columnMapping.mode': 'name' }
    expect(await table.commit(createTable({ schema, configuration, createdTime: Date.now() }))).toMatchObject({
      kind: 'committed',
      version: 0,
    })
    await appendRows(table, [
      rowsOf(schema, [
        { id: 1n, kind: 'start' },
        { id: 2n, kind: 'stop' },
      ]),
    ])
    await alterTable(table, [{ kind: 'renameColumn', column: 'kind', name: 'event kind' }])
    await deleteRows(table, { where: { op: '=', column: 'id', value: 1n } })
    const { schema: renamed } = (await table.state({ fresh: true })) ?? { schema }
    await mergeRows(
      table,
      [
        rowsOf(renamed, [
          { id: 2n, 'event kind': 'halt' },
          { id: 3n, 'event kind': 'start' },
        ]),
      ],
      { on: ['id'] },
    )
    expect(await rowsIn(table)).toEqual([
      [2n, 'halt'],
      [3n, 'start'],
    ])
    await optimizeTable(table)
    await vacuumTable(table)
    expect(await rowsIn(table)).toEqual([
      [2n, 'halt'],
      [3n, 'start'],
    ])
    await restoreTable(table, { version: 1 })
    expect(await rowsIn(table)).toEqual([
      [1n, 'start'],
      [2n, 'stop'],
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('the example in the doc comment runs as it stands', async () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../shared/delta/index.ts'), 'utf8')
  const example = (/```ts\n([\s\S]*?) \* ```/.exec(text)?.[1] ?? '').replaceAll(/^ \* ?/gm, '')
  const folder = await mkdtemp(join(tmpdir(), 'engine-'))
  try {
    const seen: unknown[] = []
    const surroundings: Readonly<Record<string, unknown>> = {
      ...delta,
      openStore: (url: string) => openStore(url.replace('file:///data', pathToFileURL(folder).href)),
      console: { log: (...values: readonly unknown[]) => seen.push(...values) },
    }
    const run = runInThisContext(`(async ({ ${Object.keys(surroundings).join(', ')} }) => {\n${example}\n})`) as (
      given: typeof surroundings,
    ) => Promise<void>
    await run(surroundings)
    expect(seen.map(value => (typeof value === 'number' ? value : Array.from(value as Iterable<unknown>)))).toEqual([
      1,
      [2n],
    ])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('every function of the example in docs/engine.md and in the doc comment is there', () => {
  const root = resolve(import.meta.dirname, '../..')
  const page =
    /# A Delta engine for other tables[\s\S]*?```ts\n([\s\S]*?)```/.exec(
      readFileSync(join(root, 'docs/engine.md'), 'utf8'),
    )?.[1] ?? ''
  const texts = [readFileSync(join(root, 'shared/delta/index.ts'), 'utf8').split('*/')[0] ?? '', page]
  for (const text of texts) {
    const called = [
      ...text.matchAll(/await (\w+)\(table|= (scanRows)\(|of (scanRows)\(|new (DeltaTable)\(|commit\((createTable)\(/g),
    ].map(match => match.slice(1).find(Boolean) ?? '')
    expect(called.length).toBeGreaterThan(3)
    for (const name of called) expect(delta, name).toHaveProperty(name)
  }
  // Each function comes from the door that the page imports it from.
  for (const [, names = '', door = ''] of page.matchAll(/import \{ (.*?) \} from '\.\/(.*?)'/g)) {
    const exported = readFileSync(join(root, door.replace(/\.js$/, '.ts')), 'utf8')
    for (const name of names.split(', ')) expect(exported, door).toMatch(new RegExp(`\\b${name}\\b`))
  }
})

async function rowsIn(table: DeltaTable): Promise<readonly (readonly Value[])[]> {
  const snapshot = await table.snapshot()
  if (snapshot === undefined) throw new Error('there is no table')
  const rows: Value[][] = []
  for await (const { rows: count, columns } of scanRows(table.store, snapshot).batches)
    for (let i = 0; i < count; i++) rows.push(columns.map(column => column[i] ?? null))
  return rows.sort((a, b) => Number(a[0]) - Number(b[0]))
}
