import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { encodeParquet } from '../../shared/parquet/index.js'
import { nextRowLoss } from '../../shared/pipeline/incremental/index.js'
import { LocalDiskStore } from '../../shared/storage/index.js'
import type { Column } from '../../shared/types/index.js'
import { BronzeFixture, range } from '../pipeline/bronze/bronzeFixture.js'
import { type CommandResult, lake } from './testShell.js'

let folder: string
let environment: Record<string, string>
let tables = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-change-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const run = (words: readonly string[], input?: string) =>
  lake(words, { environment, ...(input === undefined ? {} : { input }) })

async function done(words: readonly string[], input?: string): Promise<Record<string, unknown>> {
  const { code, output, messages } = await run(words, input)
  expect([code, messages]).toEqual([0, ''])
  return JSON.parse(output) as Record<string, unknown>
}

async function rowsOf(table: string, ...more: readonly string[]): Promise<string[]> {
  const { output, messages } = await run(['read', table, ...more])
  expect(messages).toBe('')
  return output.trimEnd().split('\n').sort()
}

function refused({ code, output, messages }: CommandResult): string {
  expect([code, output]).toEqual([1, ''])
  expect(messages.trimEnd()).not.toContain('\n')
  return messages
}

/** A new table of its own. */
async function table(schema: string, ...more: readonly string[]): Promise<string> {
  const path = join(folder, `t${tables++}`)
  await done(['create', path, '--schema', schema, ...more])
  return path
}

function file(text: string | Uint8Array): string {
  const path = join(folder, `f${tables++}`)
  writeFileSync(path, text)
  return path
}

const everything =
  'id BIGINT NOT NULL, wide DECIMAL(38,10), at TIMESTAMP, local TIMESTAMP_NTZ, number DOUBLE, small FLOAT, bytes BINARY, text STRING, ' +
  'list ARRAY<INT>, pair STRUCT<x: BIGINT, y: STRING>, tags MAP<STRING, DOUBLE>, yes BOOLEAN, b TINYINT, s SMALLINT, day DATE'

const lines = [
  '{"id":4611686018427387905,"wide":"1000000000000000000000000000.0000000001","at":"0001-01-01T00:00:00.000000Z",' +
    '"local":"9999-12-31T23:59:59.999999","number":"NaN","small":"Infinity","bytes":"AP8=","text":"ä\\"\\n\u2028","list":[1,null],' +
    '"pair":{"x":9007199254740993,"y":null},"tags":[{"key":"a","value":-0.0},{"key":"b","value":null}],"yes":true,"b":-128,"s":32767,"day":"2025-04-01"}',
  '{"id":2,"wide":null,"at":null,"local":null,"number":null,"small":null,"bytes":null,"text":null,"list":null,"pair":null,"tags":null,"yes":null,"b":null,"s":null,"day":null}',
  '{"id":3,"wide":"-0.0000000001","at":"1969-12-31T23:59:59.999999Z","local":"1970-01-01T00:00:00.000000","number":1e+300,"small":0.5,' +
    '"bytes":"","text":"","list":[],"pair":{"x":null,"y":"y"},"tags":[],"yes":false,"b":127,"s":-32768,"day":"0001-01-01"}',
]

describe('making a table and adding rows', () => {
  test('what is read as JSON lines can be appended as it is, to the last digit', async () => {
    const first = await table(everything)
    expect(await done(['append', first, '--from', file(`${lines.join('\n')}\n`)])).toMatchObject({
      kind: 'committed',
      version: 1,
      metrics: { numOutputRows: 3 },
    })
    const { output } = await run(['read', first])
    expect(output).toBe(`${lines.join('\n')}\n`)
    const second = await table(everything, '--partition-by', 'day')
    await done(['append', second, '--from', '-'], output)
    expect(await rowsOf(second)).toEqual(lines.toSorted())
  })

  test('a table has the schema, partitions, properties and features that were asked for', async () => {
    const path = await table(
      "id BIGINT NOT NULL COMMENT 'key', p STRING",
      '--partition-by',
      'p',
      '--property',
      'delta.enableDeletionVectors=true',
      '--property',
      'mine=a=b',
      '--comment',
      'of mine',
    )
    expect(await done(['snapshot', path])).toMatchObject({
      version: 0,
      numRows: 0,
      features: expect.arrayContaining(['deletionVectors']) as unknown,
      metadata: {
        description: 'of mine',
        partitionColumns: ['p'],
        configuration: { 'delta.enableDeletionVectors': 'true', mine: 'a=b' },
        schema: {
          fields: [{ name: 'id', type: 'long', nullable: false, metadata: { comment: 'key' } }, { name: 'p' }],
        },
      },
    })
    expect(refused(await run(['create', path, '--schema', 'id INT']))).toMatch(/There is a table .* already/)
  })

  test('a table can be clustered, and made of the rows that it begins with', async () => {
    const path = join(folder, `t${tables++}`)
    await done(
      ['create', path, '--from', '-', '--cluster-by', 'id'],
      '{"id":1,"s":{"x":1.5}}\n\n{"id":2,"t":["a"],"none":null}\n',
    )
    expect(await rowsOf(path)).toEqual(['{"id":1,"s":{"x":1.5},"t":null}', '{"id":2,"s":null,"t":["a"]}'])
    expect(await done(['snapshot', path])).toMatchObject({ version: 0, numRows: 2, clusteringColumns: ['id'] })
  })

  test.each([
    ['{"id":1}\n{"id":"x"}', /line 2: column id: expected a whole number of 64 bits, found "x"/],
    ['{"id":9223372036854775808}', /line 1: column id: expected a whole number of 64 bits, found 9223372036854775808/],
    ['{"id":1.5}', /column id: expected a whole number/],
    ['{"id":null}', /column id: expected long, which may not be null here, found null/],
    ['\n{"text":"a"}', /line 2: column id: expected long, which may not be null, found nothing/],
    ['{"id":1,"nope":1}', /line 1: column nope: expected one of the columns id, wide/],
    ['{"id":1,"ID":1}', /column ID: expected column id once/],
    ['{"id":1,"wide":"1.00000000001"}', /column wide: expected decimal\(38,10\)/],
    ['{"id":1,"at":"yesterday"}', /column at: expected a time as/],
    ['{"id":1,"at":"2025-01-01T00:00:00.1234567Z"}', /column at: expected a time/],
    ['{"id":1,"local":"2025-01-01T00:00:00Z"}', /column local: expected a time without a zone/],
    ['{"id":1,"day":"2025-02-30"}', /column day: expected a date/],
    ['{"id":1,"bytes":"AP8"}', /column bytes: expected bytes in base64/],
    ['{"id":1,"small":1e39}', /column small: expected a number that a float can hold/],
    ['{"id":1,"number":"1"}', /column number: expected a number that a double can hold/],
    ['{"id":1,"list":[1,2.5]}', /column list\.element: expected a whole number of 32 bits, found 2\.5/],
    ['{"id":1,"pair":{"z":1}}', /column pair\.z: expected one of the columns x, y/],
    ['{"id":1,"tags":[{"key":null}]}', /column tags\.key: expected string, which may not be null/],
    ['{"id":1,"b":128}', /column b: expected a whole number of 8 bits/],
    ['{"id":1,"yes":"true"}', /column yes: expected true or false, found "true"/],
    ['{"id":1', /line 1: expected a JSON object, found/],
    ['[1]', /line 1: expected a JSON object/],
  ])('%j is refused by line and column, and nothing is written', async (text, message) => {
    const path = await table(everything)
    const answer = refused(await run(['append', path, '--from', '-'], `${text}\n`))
    expect(answer).toMatch(message)
    expect(answer).toMatch(/Nothing was written/)
    expect(await done(['snapshot', path])).toMatchObject({ version: 0, numFiles: 0 })
  })

  test('columns that only the rows have are added when that is asked', async () => {
    const path = await table('id BIGINT, s STRUCT<a: INT>')
    await done(
      ['append', path, '--from', '-', '--merge-schema'],
      '{"id":1,"s":{"a":1,"b":"x"},"n":1}\n{"id":2,"n":2.5,"l":[{"k":true}]}',
    )
    expect(await rowsOf(path)).toEqual([
      '{"id":1,"s":{"a":1,"b":"x"},"n":1,"l":null}',
      '{"id":2,"s":null,"n":2.5,"l":[{"k":true}]}',
    ])
    expect(refused(await run(['append', path, '--from', '-', '--merge-schema'], '{"m":1}\n{"m":"x"}'))).toMatch(
      /line 2: column m is new, and has another type/,
    )
  })

  test('rows of a Parquet file are taken under the names of the table, and by its types', async () => {
    const id: Column = { field: { name: 'ID', type: 'integer', nullable: false }, data: Int32Array.of(1, 2) }
    const text: Column = { field: { name: 'text', type: 'string', nullable: true }, data: ['a', null] }
    const path = await table('id BIGINT, text STRING')
    await done(['append', path, '--from', file(encodeParquet([id, text]))])
    expect(await rowsOf(path)).toEqual(['{"id":1,"text":"a"}', '{"id":2,"text":null}'])
    const more: Column = { field: { name: 'more', type: 'double', nullable: true }, data: Float64Array.of(1, 2) }
    const wide = file(encodeParquet([id, more]))
    expect(refused(await run(['append', path, '--from', wide]))).toMatch(
      /has a column more, and the table has not: id, text/,
    )
    await done(['append', path, '--from', wide, '--merge-schema'])
    expect(await rowsOf(path, '--columns', 'id,more', '--where', 'more is not null')).toEqual([
      '{"id":1,"more":1}',
      '{"id":2,"more":2}',
    ])
  })
})

describe('changing rows', () => {
  const people = '{"id":1,"name":"a","n":1}\n{"id":2,"name":"b","n":2}\n{"id":3,"name":"c","n":3}\n'
  const columns = 'id BIGINT NOT NULL, name STRING, n INT'

  async function withPeople(...more: readonly string[]): Promise<string> {
    const path = await table(columns, ...more)
    await done(['append', path, '--from', '-'], people)
    return path
  }

  test('rows that meet a condition are deleted, all only when that was meant', async () => {
    const path = await withPeople()
    expect(await done(['delete', path, '--where', "id > 1 AND name <> 'c'"])).toMatchObject({
      kind: 'committed',
      version: 2,
      metrics: { numDeletedRows: 1 },
    })
    expect(await rowsOf(path, '--columns', 'id')).toEqual(['{"id":1}', '{"id":3}'])
    expect(await done(['delete', path, '--where', 'id = 7'])).toEqual({ kind: 'nothingToDo', version: 2 })
    for (const value of ['id', 'id + 1', 'name', '1'])
      expect(refused(await run(['delete', path, '--where', value]))).toMatch(/is not one: it is neither true nor false/)
    expect(refused(await run(['delete', path, '--where', '']))).toMatch(/the condition is empty/)
    expect(refused(await run(['delete', path, '--where', 'nope = 1']))).toMatch(
      /names nope, which is no column; the table has: id, name, n/,
    )
    expect(await done(['snapshot', path])).toMatchObject({ version: 2, numRows: 2 })
    expect(refused(await run(['delete', path]))).toMatch(/say --yes/)
    await done(['delete', path, '--yes'])
    expect(await done(['snapshot', path])).toMatchObject({ version: 3, numRows: 0 })
  })

  test('rows that a deletion vector takes out are not counted where the tables are listed', async () => {
    const lakeFolder = join(folder, `l${tables++}`)
    const events = join(lakeFolder, 'silver', 'events')
    await done(['create', events, '--schema', 'id INT', '--property', 'delta.enableDeletionVectors=true'])
    await done(['append', events, '--from', file('{"id":1}\n{"id":2}\n{"id":3}\n')])
    await done(['delete', events, '--where', 'id = 2'])
    const { output } = await lake(['tables'], { environment: { LAKE_URL: pathToFileURL(lakeFolder).href } })
    expect(JSON.parse(output)).toMatchObject({ table: 'silver.events', numFiles: 1, rows: 2 })
  })

  test('columns are set by expressions over the row as it was', async () => {
    const path = await withPeople()
    expect(
      await done([
        'update',
        path,
        '--set',
        'n = n * 10 + id',
        '--set',
        "name = upper(name) || '='",
        '--where',
        'id <= 2',
      ]),
    ).toMatchObject({ kind: 'committed', metrics: { numUpdatedRows: 2 } })
    expect(await rowsOf(path)).toEqual([
      '{"id":1,"name":"A=","n":11}',
      '{"id":2,"name":"B=","n":22}',
      '{"id":3,"name":"c","n":3}',
    ])
    expect(refused(await run(['update', path, '--where', 'id = 1']))).toMatch(/--set "column = expression"/)
    expect(refused(await run(['update', path, '--set', 'n', '--yes']))).toMatch(/not of the form name=value/)
    expect(refused(await run(['update', path, '--set', 'n = 1']))).toMatch(/say --yes/)
    expect(refused(await run(['update', path, '--set', 'n = nope', '--yes']))).toMatch(
      /the value nope for the column n cannot be evaluated: there is no column nope\n$/,
    )
  })

  test('rows are merged by their key; columns that they lack stay', async () => {
    const path = await withPeople()
    expect(
      await done(['merge', path, '--key', 'id', '--from', '-'], '{"id":2,"n":20}\n{"id":9,"n":90}\n'),
    ).toMatchObject({ kind: 'committed' })
    expect(await rowsOf(path)).toEqual([
      '{"id":1,"name":"a","n":1}',
      '{"id":2,"name":"b","n":20}',
      '{"id":3,"name":"c","n":3}',
      '{"id":9,"name":null,"n":90}',
    ])
    await done(
      ['merge', path, '--key', 'id', '--from', '-', '--matched', 'delete', '--not-matched', 'ignore'],
      '{"id":1}\n{"id":100}\n',
    )
    expect(await rowsOf(path, '--columns', 'id')).toEqual(['{"id":2}', '{"id":3}', '{"id":9}'])
    expect(refused(await run(['merge', path, '--from', '-'], ''))).toMatch(/--key/)
    expect(refused(await run(['merge', path, '--key', 'id', '--from', '-', '--matched', 'drop'], ''))).toMatch(
      /none of update, delete, keep/,
    )
  })

  test('rows take the place of others, all or those that meet a condition', async () => {
    const path = await withPeople()
    await done(['overwrite', path, '--from', '-', '--where', 'id = 2'], '{"id":2,"name":"new"}\n')
    expect(await rowsOf(path, '--columns', 'id,name')).toEqual([
      '{"id":1,"name":"a"}',
      '{"id":2,"name":"new"}',
      '{"id":3,"name":"c"}',
    ])
    expect(refused(await run(['overwrite', path, '--from', '-', '--where', 'id = 2'], '{"id":5}\n'))).toMatch(/id = 2/)
    expect(refused(await run(['overwrite', path, '--from', '-'], '{"id":5}\n'))).toMatch(/say --yes/)
    await done(['overwrite', path, '--from', '-', '--yes'], '{"id":5}\n')
    expect(await rowsOf(path)).toEqual(['{"id":5,"name":null,"n":null}'])
    await done(['overwrite', path, '--from', '-', '--yes', '--overwrite-schema'], '{"other":"x"}\n')
    expect(await rowsOf(path)).toEqual(['{"other":"x"}'])
  })

  test('columns, properties and constraints change in one version, and rows are held to them', async () => {
    const path = await withPeople(
      '--property',
      'delta.columnMapping.mode=name',
      '--property',
      'delta.enableTypeWidening=true',
    )
    await done([
      'alter',
      path,
      '--add-column',
      "extra STRUCT<x: INT> COMMENT 'new'",
      '--add-column',
      'extra.y STRING FIRST',
      '--rename',
      'name=full name',
      '--widen',
      'n BIGINT',
      '--drop-not-null',
      'id',
      '--set-property',
      'mine=1',
      '--add-constraint',
      'positive: n > 0',
    ])
    expect(await rowsOf(path, '--where', 'id = 1')).toEqual(['{"id":1,"full name":"a","n":1,"extra":null}'])
    await done(['append', path, '--from', '-'], '{"id":null,"n":5000000000,"extra":{"x":1,"y":"a"}}')
    expect(refused(await run(['append', path, '--from', '-'], '{"n":0}'))).toMatch(/positive/)
    await done(['alter', path, '--drop-constraint', 'positive', '--unset-property', 'mine', '--drop-column', 'n'])
    const { metadata } = (await done(['snapshot', path])) as {
      metadata: { configuration: Record<string, string>; schema: { fields: { name: string }[] } }
    }
    expect(metadata.schema.fields.map(field => field.name)).toEqual(['id', 'full name', 'extra'])
    expect(Object.keys(metadata.configuration).filter(name => /mine|constraints/.test(name))).toEqual([])
    expect(refused(await run(['alter', path]))).toMatch(/Say what changes/)
    expect(refused(await run(['alter', path, '--add-column', 'x']))).toMatch(/expected a type of column x/)
  })

  test('a table goes back to a version, or to a time', async () => {
    const path = await withPeople()
    await done(['delete', path, '--yes'])
    expect(await done(['restore', path, '--version', '1', '--dry-run'])).toMatchObject({
      kind: 'planned',
      version: 2,
      metrics: { numRestoredFiles: 1, numRemovedFiles: 0 },
    })
    expect(await done(['restore', path, '--version', '1'])).toMatchObject({
      kind: 'committed',
      version: 3,
      metrics: { numRestoredFiles: 1 },
    })
    expect((await rowsOf(path)).join('\n')).toBe(people.trimEnd())
    expect(await done(['restore', path, '--timestamp', '2099-01-01'])).toEqual({ kind: 'nothingToDo', version: 3 })
    expect(refused(await run(['restore', path]))).toMatch(/--version N, or --timestamp/)
    expect(refused(await run(['restore', path, '--version', '9']))).toMatch(/no version 9/)
  })

  test('names are quoted in --set and --columns as they are in --where', async () => {
    const path = await table('`a b` INT, `x,y` INT, `q"` INT, plain INT', '--property', 'delta.columnMapping.mode=name')
    await done(['append', path, '--from', '-'], `${JSON.stringify({ 'a b': 1, 'x,y': 2, 'q"': 3, plain: 4 })}\n`)
    await done([
      'update',
      path,
      '--set',
      '"a b" = "a b" + 10',
      '--set',
      '`x,y` = 20',
      '--set',
      '"q""" = 30',
      '--where',
      '"a b" = 1 AND "x,y" = 2',
    ])
    expect(await rowsOf(path, '--columns', '"x,y",`a b`,plain,"q"""', '--where', '"x,y" = 20')).toEqual([
      JSON.stringify({ 'x,y': 20, 'a b': 11, plain: 4, 'q"': 30 }),
    ])
    expect(await rowsOf(path, '--columns', '"X,Y"')).toEqual(['{"x,y":20}'])
    await done(['merge', path, '--key', '"a b"', '--from', '-'], `${JSON.stringify({ 'a b': 11, plain: 5 })}\n`)
    expect(await rowsOf(path, '--columns', 'plain')).toEqual(['{"plain":5}'])
  })

  test('a table of the pipeline is restored only when that is meant', async () => {
    await done(['create', 'silver/events', '--from', '-'], '{"id":1}\n')
    await done(['append', 'silver.events', '--from', '-'], '{"id":2}\n')
    expect(refused(await run(['restore', 'silver.events', '--version', '0']))).toMatch(/table of the pipeline.*--force/)
    expect(await done(['restore', 'silver.events', '--version', '0', '--dry-run'])).toMatchObject({ kind: 'planned' })
    expect(await done(['restore', 'silver.events', '--version', '0', '--force'])).toMatchObject({
      kind: 'committed',
      version: 2,
    })
  })

  test('bronze is not restored to before rows were lost for good, however it is meant', async () => {
    await using f = await BronzeFixture.open({ store: new LocalDiskStore(folder) })
    f.append(range(0, 3))
    await f.deliver(range(0, 3))
    const bronze = f.lake.table('bronze/events')
    const state = await bronze.state({ fresh: true })
    if (state === undefined) throw new Error('no bronze')
    await bronze.commit({
      readVersion: state.version,
      actions: [{ txn: nextRowLoss(state, f.clock.now()) }],
      operation: 'DELETE',
      isBlindAppend: false,
      reads: { files: 'none', appIds: () => false },
    })
    f.append(range(3, 5))
    await f.deliver(range(3, 5))
    const restore = ['restore', 'bronze.events', '--force', '--version']
    for (const more of [[], ['--dry-run']])
      expect(refused(await run([...restore, String(state.version), ...more]))).toMatch(
        /has rows that were removed since, for their age .* Restore a later version/,
      )
    expect(await done([...restore, String(state.version + 1)])).toMatchObject({ kind: 'committed' })
  })

  test('what changed is in the change feed', async () => {
    const path = await withPeople('--property', 'delta.enableChangeDataFeed=true')
    await done(['update', path, '--set', 'n = 7', '--where', 'id = 2'])
    const { output } = await run(['changes', path, '--from', '2', '--columns', 'id,n,_change_type,_commit_version'])
    expect(output.trimEnd().split('\n').sort()).toEqual([
      '{"id":2,"n":2,"_change_type":"update_preimage","_commit_version":2}',
      '{"id":2,"n":7,"_change_type":"update_postimage","_commit_version":2}',
    ])
    expect(
      (await run(['changes', path, '--from-timestamp', '2001-01-01', '--to', '1'])).output.trimEnd().split('\n'),
    ).toHaveLength(3)
    const history = await run(['history', path, '--limit', '1'])
    const [at] = /\d{4}-[^"]*Z/.exec(history.output) ?? ['']
    expect((await run(['changes', path, '--from-timestamp', at])).output.trimEnd().split('\n')).toHaveLength(2)
    expect(await rowsOf(path, '--timestamp', at, '--where', 'id = 2', '--columns', 'n')).toEqual(['{"n":7}'])
    expect(refused(await run(['changes', path]))).toMatch(/--from N or --from-timestamp/)
    expect(refused(await run(['changes', path, '--from', '1', '--from-timestamp', '2001-01-01']))).toMatch(
      /give one of them/,
    )
    expect(refused(await run(['changes', path, '--from', '9']))).toMatch(/versions up to 2/)
    expect(refused(await run(['changes', path, '--from', '2', '--to', '1']))).toMatch(/--to 1 lies before --from 2/)
    expect(refused(await run(['changes', path, '--from-timestamp', '2099-01-01']))).toMatch(
      /nothing was committed at 2099/,
    )
    expect(refused(await run(['read', path, '--timestamp', '2099-01-01']))).toMatch(/is after the newest version, 2/)
    expect(refused(await run(['read', path, '--timestamp', '2001-01-01']))).toMatch(
      /no version of 2001-01-01T00:00:00\.000Z or before; the oldest/,
    )
    expect(refused(await run(['read', path, '--timestamp', 'noon']))).toMatch(/--timestamp noon is no time/)
    expect(refused(await run(['snapshot', path, '--timestamp', at, '--version', '1']))).toMatch(/give one of them/)
    expect(refused(await run(['changes', await table('id INT'), '--from', '0']))).toMatch(/kept no change data/)
  })

  test('columns to sort along are columns, and have an order', async () => {
    const path = await table('id INT, pair STRUCT<x: INT>')
    expect(await done(['optimize', path, '--cluster-by', 'id,pair.x'])).toMatchObject({ kind: 'nothingToDo' })
    expect(refused(await run(['optimize', path, '--cluster-by', 'pair']))).toMatch(
      /cannot be clustered by pair: a struct has no order/,
    )
    expect(refused(await run(['optimize', path, '--cluster-by', 'id,pair.y']))).toMatch(
      /has no column pair\.y to cluster by; it has: id, pair/,
    )
  })

  test('a Parquet file that is none is named', async () => {
    const path = file('PAR1abc')
    expect(refused(await run(['append', await table('id INT'), '--from', path]))).toContain(path)
  })

  test.each([
    [['append', 'no/such/table', '--from', '-'], /There is no table/],
    [['append', 'x', '--from', '/no/such/file'], /There is no file/],
    [['append', 'x', '--from', tmpdir()], /is a folder/],
    [['append', 'x'], /Say where the rows are/],
    [['create', 'x'], /Say what columns/],
    [['create', 'x', '--schema', 'id INT', '--property', 'a'], /not of the form name=value/],
    [['read', 'x', '--limit', '1', '--limit', '2'], /--limit is given twice/],
  ])('%j says in one sentence what is wrong', async (words, message) => {
    expect(refused(await run(words, ''))).toMatch(message)
  })
})
