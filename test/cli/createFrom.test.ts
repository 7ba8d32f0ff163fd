import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { SchemaElement } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { encodeParquet } from '../../shared/parquet/index.js'
import { dataPage, handmadeParquet } from '../parquet/handmadeParquet.js'
import { lake } from './testShell.js'

let folder: string
let files = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-from-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const run = (...words: readonly string[]) =>
  lake(words, { environment: { LAKE_URL: pathToFileURL(join(folder, 'lake')).href } })
const tables = () => {
  try {
    return readdirSync(join(folder, 'lake'))
  } catch {
    return []
  }
}

function file(content: string | Uint8Array): string {
  const path = join(folder, `f${files++}`)
  writeFileSync(path, content)
  return path
}

/** One row of INT64 columns. */
function longs(columns: Readonly<Record<string, Partial<SchemaElement> & { readonly value?: bigint }>>): Uint8Array {
  return handmadeParquet([
    {
      rows: 1,
      chunks: Object.entries(columns).map(([name, { value = 5n, ...annotation }]) => ({
        element: { name, type: 'INT64', repetition_type: 'REQUIRED', ...annotation },
        values: 1,
        encodings: ['PLAIN'],
        pages: [{ body: new Uint8Array(BigInt64Array.of(value).buffer), header: dataPage(1, 8) }],
      })),
    },
  ])
}

const nanos = { logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } } as const

describe('a table that cannot be made of its rows is not made at all', () => {
  test.each<[what: string, content: () => string | Uint8Array, more: readonly string[], message: RegExp]>([
    [
      'columns that differ in letter case only',
      () => longs({ a: {}, A: {} }),
      [],
      /the columns a and A, which differ in letter case only/,
    ],
    ['the same in JSON', () => '{"a":1,"A":2}\n', [], /column A: expected column a once/],
    [
      'a time of day',
      () => longs({ id: {}, t: { logical_type: { type: 'TIME', isAdjustedToUTC: true, unit: 'MICROS' } } }),
      [],
      /column t, which is a time of day/,
    ],
    [
      'an old annotation of one',
      () => longs({ t: { converted_type: 'TIME_MICROS' } }),
      [],
      /column t, which is a time of day/,
    ],
    [
      'nanoseconds that would be lost',
      () => longs({ t: { ...nanos, value: 1_001n } }),
      [],
      /Column t has times with nanoseconds/,
    ],
    ['a value that its column cannot hold', () => '{"id":1}\n{"id":"x"}\n', ['--schema', 'id INT'], /line 2/],
    ['a null where there may be none', () => '{"id":1}\n{"id":null}\n', ['--schema', 'id INT NOT NULL'], /id/],
    ['a partition column that is not there', () => '{"id":1}\n', ['--partition-by', 'day'], /day/],
    ['a property that makes no sense', () => '{"id":1}\n', ['--property', 'delta.appendOnly=perhaps'], /appendOnly/],
  ])('%s', async (_what, content, more, message) => {
    const before = tables()
    const { code, output, messages } = await run('create', `t${files}`, '--from', file(content()), ...more)
    expect([code, output]).toEqual([1, ''])
    expect(messages).toMatch(message)
    expect(tables()).toEqual(before)
  })

  test('rows and table come in one version, whose features and clustering the rows follow', async () => {
    const name = `t${files}`
    const made = await run(
      'create',
      name,
      '--from',
      file('{"id":1}\n{"id":2}\n'),
      '--cluster-by',
      'id',
      '--property',
      'delta.enableRowTracking=true',
      '--property',
      'delta.columnMapping.mode=name',
    )
    expect(JSON.parse(made.output)).toMatchObject({ kind: 'committed', version: 0, metrics: { numOutputRows: 2 } })
    expect((await run('read', name)).output).toBe('{"id":1}\n{"id":2}\n')
    expect(JSON.parse((await run('history', name)).output)).toMatchObject({
      version: 0,
      operation: 'CREATE TABLE AS SELECT',
    })
  })

  test('a table that is there already stays as it is', async () => {
    const name = `t${files}`
    await run('create', name, '--from', file('{"id":1}\n'))
    const again = await run('create', name, '--from', file('{"id":2}\n'))
    expect([again.code, again.messages]).toEqual([1, expect.stringMatching(/There is a table .* already/)])
    expect((await run('read', name)).output).toBe('{"id":1}\n')
    expect(
      readdirSync(join(folder, 'lake', name), { recursive: true }).filter(entry => String(entry).endsWith('.parquet')),
    ).toHaveLength(1)
  })

  test('a Parquet file without rows makes a table without rows, and adds none', async () => {
    const empty = file(
      handmadeParquet([
        {
          rows: 0,
          chunks: [
            {
              element: { name: 'id', type: 'INT32', repetition_type: 'OPTIONAL' },
              values: 0,
              encodings: ['PLAIN'],
              pages: [],
            },
          ],
        },
      ]),
    )
    const name = `t${files}`
    expect(await run('create', name, '--from', empty)).toMatchObject({ code: 0, messages: '' })
    expect(await run('append', name, '--from', empty)).toMatchObject({ code: 0, messages: '' })
    expect(await run('merge', name, '--from', empty, '--key', 'id')).toMatchObject({ code: 0, messages: '' })
    expect(await run('read', name)).toMatchObject({ code: 0, output: '' })
  })

  test('what is not recognised as an integer is refused by every command that takes rows', async () => {
    const name = `t${files}`
    await run('create', name, '--schema', 'id BIGINT, t BIGINT')
    const times = file(longs({ id: {}, t: { logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'NANOS' } } }))
    for (const words of [
      ['append', name],
      ['overwrite', name, '--yes'],
      ['merge', name, '--key', 'id'],
    ])
      expect(await run(...words, '--from', times)).toMatchObject({
        code: 1,
        messages: expect.stringContaining('column t, which is a time of day') as string,
      })
    expect((await run('read', name)).output).toBe('')
  })

  test('nanoseconds that are whole microseconds are times as they are', async () => {
    const name = `t${files}`
    await run('create', name, '--from', file(longs({ t: { ...nanos, value: 1_000n } })))
    expect((await run('read', name)).output).toBe('{"t":"1970-01-01T00:00:00.000001Z"}\n')
  })

  test('a name twice, and inside a struct too', async () => {
    const bytes = encodeParquet([
      {
        field: {
          name: 's',
          type: {
            type: 'struct',
            fields: [
              { name: 'x', type: 'long', nullable: true },
              { name: 'X', type: 'long', nullable: true },
            ],
          },
          nullable: true,
        },
        data: [{ x: 1n, X: 2n }],
      },
    ])
    expect((await run('create', `t${files}`, '--from', file(bytes))).messages).toContain('the columns s.x and s.X')
  })
})
