import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openExpressions } from '../../shared/query/expressions.js'
import { engines, prepareOtherReaders, type Engine, type ReadByOther, type TableContent, type Visited } from '../harness/otherReaders.js'
import { readOwn, readOwnChanges } from '../harness/ownReader.js'
import { featureTables as allTables } from './featureTables.js'
import { TableChanges } from './tableChanges.js'

/** `INTEROP_TABLES=mapped npm run test:interop` looks at some of the tables only. */
const wanted = new RegExp(process.env['INTEROP_TABLES'] ?? '')
const featureTables = allTables.filter(({ name }) => wanted.test(name))
const readingEngines = engines.filter((engine): engine is Exclude<Engine, 'Spark'> => engine !== 'Spark')

/** What Spark does with a table when there is nothing special about it. */
const usual = [
  "UPDATE {t} SET s = 'by Spark' WHERE id = 3",
  'INSERT INTO {t} SELECT * FROM {t} WHERE id = 4',
  'DELETE FROM {t} WHERE id = 5',
  'OPTIMIZE {t}',
]

interface Looked {
  readonly rows: TableContent
  readonly changes: TableContent | undefined
}

let folder: string
const own = new Map<string, Looked>()
const ownAfter = new Map<string, Looked>()
const visits = new Map<string, Visited>()
const others = new Map<Engine, ReadonlyMap<string, ReadByOther>>()

const folderOf = (name: string) => join(folder, String(featureTables.findIndex(table => table.name === name)))

async function look(name: string, changesFrom: number | undefined): Promise<Looked> {
  const changes = changesFrom === undefined ? undefined : await readOwnChanges(folderOf(name), changesFrom)
  return { rows: await readOwn(folderOf(name)), changes }
}

/** Milliseconds: Spark takes a minute or two, and many times that where it has to share the machine. */
const patience = 1_500_000

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'features-'))
  await using expressions = openExpressions()
  for (const { name, definition, write, changesFrom } of featureTables) {
    try {
      await write(await TableChanges.create(folderOf(name), definition, expressions))
      own.set(name, await look(name, changesFrom))
    } catch (error) {
      throw new Error(`${name}: ${String(error)}`, { cause: error })
    }
  }
  const readers = await prepareOtherReaders()
  const folders = featureTables.map(({ name }) => folderOf(name))
  for (const engine of readingEngines) {
    const contents = await readers.read(engine, folders)
    others.set(engine, new Map(featureTables.map(({ name }, i) => [name, contents[i] as ReadByOther])))
  }
  const visited = await readers.visit(
    featureTables.map(({ name, changesFrom, then = usual, refused = [] }) => ({
      table: folderOf(name), changesFrom, then, refused: refused.map(([sql]) => sql),
    })),
  )
  for (const [i, { name, changesFrom }] of featureTables.entries()) {
    visits.set(name, visited[i] as Visited)
    ownAfter.set(name, await look(name, changesFrom))
  }
}, patience)

afterAll(() => rm(folder, { recursive: true, force: true }))

function expectSame(theirs: ReadByOther | undefined, ours: TableContent | undefined): void {
  if (theirs !== undefined && 'error' in theirs) throw new Error(theirs.error)
  expect(theirs?.types).toEqual(ours?.types)
  expect(theirs?.rows).toEqual(ours?.rows)
}

describe.each(readingEngines)('%s reads', engine => {
  test.each(featureTables)('$name', ({ name, unread }) => {
    const theirs = others.get(engine)?.get(name)
    const refusal = unread?.[engine]
    if (refusal === undefined) expectSame(theirs, own.get(name)?.rows)
    else if (typeof refusal === 'string') expect(() => { expectSame(theirs, own.get(name)?.rows) }, refusal).toThrow()
    else expect(theirs).toEqual({ error: expect.stringMatching(refusal) as string })
  })
})

describe('Spark', () => {
  test.each(featureTables)('reads $name', ({ name }) => {
    expectSame(visits.get(name)?.before, own.get(name)?.rows)
  })

  test.each(featureTables.filter(({ changesFrom }) => changesFrom !== undefined))('reads the changes of $name', ({ name }) => {
    expectSame(visits.get(name)?.changes, own.get(name)?.changes)
  })

  test.each(featureTables.filter(({ refused }) => refused !== undefined))('keeps the rules of $name', ({ name, refused = [] }) => {
    const said = visits.get(name)?.refused ?? []
    for (const [i, [, why]] of refused.entries()) expect(said[i]).toMatch(why)
  })

  test.each(featureTables)('changes $name, and we read what it then has', ({ name }) => {
    const after = ownAfter.get(name)
    expectSame(visits.get(name)?.after, after?.rows)
    expect(after?.rows.rows).not.toEqual(own.get(name)?.rows.rows)
  })

  test.each(featureTables.filter(({ changesFrom }) => changesFrom !== undefined))('and the changes of $name since', ({ name }) => {
    const { changes } = ownAfter.get(name) ?? {}
    expectSame(visits.get(name)?.changesAfter, changes)
    expect(changes?.rows.length).toBeGreaterThan(own.get(name)?.changes?.rows.length ?? Infinity)
  })
})
