import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DeltaTable } from '../../shared/delta/index.js'
import { LocalDiskStore } from '../../shared/storage/index.js'
import { Random, seedNote } from '../random.js'
import { lake } from './testShell.js'

/** What every plain object has or means something by, and names that an object would put in another order. */
const hostile = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'isPrototypeOf',
  '__defineGetter__',
  '__lookupSetter__',
  'prototype',
  'toLocaleString',
  'length',
  '2',
  '1',
  'key',
  'value',
  'then',
]

let folder: string
let environment: Record<string, string>
let tables = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-names-'))
  mkdirSync(join(folder, 'lake'))
  environment = { LAKE_URL: pathToFileURL(join(folder, 'lake')).href }
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function run(words: readonly string[], input?: string): Promise<string> {
  const { code, output, messages } = await lake(words, { environment, ...(input === undefined ? {} : { input }) })
  expect(code, `${words.join(' ')}: ${messages} ${seedNote}`).toBe(0)
  return output
}

type Text = string | null
/** An object's text by hand, so that no object is asked what its names mean. */
const object = (pairs: readonly (readonly [name: string, json: string])[]) =>
  `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
const quoted = (name: string) => `\`${name}\``

/** A table whose columns, partitions, fields, map keys and properties have such names, and its rows as they must be printed. */
function tableOf(random: Random) {
  const names = hostile
    .map(name => ({ name, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name)
  const partitions = names.slice(0, 2)
  const columns = names.slice(0, 7)
  const fields = names.slice(3, 9)
  const struct = `STRUCT<${fields.map(name => `${quoted(name)}: STRING`).join(', ')}>`
  const schema = [
    'id INT',
    ...columns.map(name => `${quoted(name)} STRING`),
    `s ${struct}`,
    `l ARRAY<${struct}>`,
    'm MAP<STRING, STRING>',
    `n MAP<STRING, ${struct}>`,
  ].join(', ')
  const text = (): Text => random.pick([null, 'a', 'b', '__proto__'])
  const inner = (sparse: boolean) => {
    const given = fields.map(name => [name, text()] as const)
    const json = (pairs: readonly (readonly [string, Text])[]) =>
      object(pairs.map(([name, value]) => [name, JSON.stringify(value)]))
    // What is null need not be said.
    return { said: json(given.filter(([, value]) => !sparse || value !== null)), printed: json(given) }
  }
  const rows = Array.from({ length: 6 }, (_, id) => {
    const own = columns.map(name => [name, text()] as const)
    const [s, l, n] = [inner(true), inner(false), inner(true)]
    // An object's keys that are numbers have an order of their own in JSON.
    const keys = names
      .slice(0, 6)
      .filter(key => !/^\d/.test(key))
      .map(name => [name, text()] as const)
    const entries = (pairs: readonly (readonly [string, string])[]) =>
      `[${pairs.map(([key, value]) => `{"key":${JSON.stringify(key)},"value":${value}}`).join(',')}]`
    const key = random.pick(hostile)
    return {
      id,
      own: new Map(own),
      said: object([
        ['id', String(id)],
        ...own.filter(([, value]) => value !== null).map(([name, value]) => [name, JSON.stringify(value)] as const),
        ['s', s.said],
        ['l', `[${l.said}]`],
        ['m', object(keys.map(([name, value]) => [name, JSON.stringify(value)]))],
        ['n', object([[key, n.said]])],
      ]),
      printed: object([
        ['id', String(id)],
        ...own.map(([name, value]) => [name, JSON.stringify(value)] as const),
        ['s', s.printed],
        ['l', `[${l.printed}]`],
        ['m', entries(keys.map(([name, value]) => [name, JSON.stringify(value)]))],
        ['n', entries([[key, n.printed]])],
      ]),
    }
  })
  return { name: `t${tables++}`, names, partitions, columns, fields, schema, rows }
}

const sortedLines = (output: string) =>
  output
    .split('\n')
    .filter(line => line !== '')
    .sort()

describe.each([0, 1, 2, 3])('names that plain objects have (%i)', round => {
  test('come through writing, reading, conditions, changes, checkpoints and compaction', async () => {
    const { name, names, partitions, columns, schema, rows } = tableOf(new Random(new Random().below(2 ** 30) + round))
    const properties = names.slice(0, 3).flatMap((key, i) => ['--property', `${key}=p${i}`])
    await run(['create', name, '--schema', schema, '--partition-by', partitions.join(','), ...properties])
    for (const part of [rows.slice(0, 3), rows.slice(3)])
      await run(['append', name, '--from', '-'], part.map(({ said }) => said).join('\n'))
    const printed = (which: typeof rows) => which.map(row => row.printed).sort()
    const read = async (...more: string[]) => sortedLines(await run(['read', name, '--format', 'jsonl', ...more]))
    expect(await read(), seedNote).toEqual(printed(rows))
    // Through DuckDB, and by partition values and statistics.
    expect(await read('--where', 'id >= 0'), seedNote).toEqual(printed(rows))
    for (const column of columns) {
      expect(await read('--where', `"${column}" = 'a'`), `${column} ${seedNote}`).toEqual(
        printed(rows.filter(row => row.own.get(column) === 'a')),
      )
      expect(await read('--where', `"${column}" IS NULL`), `${column} ${seedNote}`).toEqual(
        printed(rows.filter(row => row.own.get(column) === null)),
      )
    }
    const table = new DeltaTable(new LocalDiskStore(join(folder, 'lake', name)))
    const configured = async () => {
      const entries = Object.entries((await table.state({ fresh: true }))?.metadata.configuration ?? {})
      return names.slice(0, 3).map(key => entries.find(([own]) => own === key)?.[1])
    }
    expect(await configured(), seedNote).toEqual(['p0', 'p1', 'p2'])
    // From the checkpoint alone, and after every file was rewritten.
    await run(['checkpoint', name])
    expect(await read(), seedNote).toEqual(printed(rows))
    await run(['optimize', name])
    expect(await read(), seedNote).toEqual(printed(rows))
    expect(await configured(), seedNote).toEqual(['p0', 'p1', 'p2'])

    const [column = '', other = ''] = columns.slice(2)
    await run(['update', name, '--set', `${column} = "${other}"`, '--yes'])
    const updated = await read('--columns', `id,${column}`)
    expect(updated, seedNote).toEqual(
      rows
        .map(row =>
          object([
            ['id', String(row.id)],
            [column, JSON.stringify(row.own.get(other) ?? null)],
          ]),
        )
        .sort(),
    )
    await run(
      ['merge', name, '--key', `id,${column}`, '--from', '-'],
      object([
        ['id', '0'],
        [column, JSON.stringify(rows[0]?.own.get(other) ?? 'new')],
        [other, '"merged"'],
      ]),
    )
    expect((await read('--columns', other, '--where', `"${other}" = 'merged'`)).length, seedNote).toBe(1)
    await run(['delete', name, '--where', `"${other}" = 'merged'`, '--yes'])
    expect((await read('--where', `"${other}" = 'merged'`)).length, seedNote).toBe(0)
  })

  test('come through JSON and Parquet whose columns are not declared', async () => {
    const { name, columns, schema, rows } = tableOf(new Random(new Random().below(2 ** 30) + 100 + round))
    await run(['create', `${name}_json`, '--from', '-'], rows.map(({ printed }) => printed).join('\n'))
    const found = sortedLines(await run(['read', `${name}_json`, '--format', 'jsonl', '--columns', 'id']))
    expect(found, seedNote).toEqual(rows.map(row => object([['id', String(row.id)]])))
    for (const column of columns) {
      if (rows.every(row => row.own.get(column) === null)) continue
      const values = sortedLines(await run(['read', `${name}_json`, '--format', 'jsonl', '--columns', `id,${column}`]))
      expect(values, seedNote).toEqual(
        rows.map(row =>
          object([
            ['id', String(row.id)],
            [column, JSON.stringify(row.own.get(column) ?? null)],
          ]),
        ),
      )
    }
    await run(['create', name, '--schema', schema])
    await run(['append', name, '--from', '-'], rows.map(({ said }) => said).join('\n'))
    const files = readdirSync(join(folder, 'lake', name), { recursive: true, encoding: 'utf8' }).filter(
      path => path.endsWith('.parquet') && !path.includes('_delta_log'),
    )
    await run(['create', `${name}_parquet`, '--from', join(folder, 'lake', name, files[0] ?? '')])
    expect(sortedLines(await run(['read', `${name}_parquet`, '--format', 'jsonl'])), seedNote).toEqual(
      rows.map(row => row.printed),
    )
  })
})
