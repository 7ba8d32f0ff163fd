import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { Snapshot } from '../../shared/delta/index.js'
import { openExpressions } from '../../shared/query/spark/index.js'
import { openStore } from '../../shared/storage/index.js'
import {
  type Changed,
  type Engine,
  engines,
  type OtherReaders,
  prepareOtherReaders,
  type ReadByOther,
  type TableContent,
  type Visited,
} from '../harness/otherReaders.js'
import { ownSnapshot, readOwn, readOwnChanges } from '../harness/ownReader.js'
import { deltaRsSteps, type FeatureTable } from './featureTable.js'
import { featureTables as allTables } from './featureTables.js'
import { falseClaims } from './fileClaims.js'
import { TableChanges } from './tableChanges.js'

/** `INTEROP_TABLES=mapped npm run test:interop` looks at some of the tables only. */
const wanted = new RegExp(process.env['INTEROP_TABLES'] ?? '')
const featureTables = allTables.filter(({ name }) => wanted.test(name))
const readingEngines = engines.filter((engine): engine is Exclude<Engine, 'Spark'> => engine !== 'Spark')
const withFeed = featureTables.filter(({ changesFrom }) => changesFrom !== undefined)

/** What Spark does with a table when there is nothing special about it. */
const usual = [
  "UPDATE {t} SET s = 'by Spark' WHERE id = 3",
  'INSERT INTO {t} SELECT * FROM {t} WHERE id = 4',
  'DELETE FROM {t} WHERE id = 5',
  'OPTIMIZE {t}',
]

const byDuckDb = (copied = 4) =>
  `INSERT INTO {t} SELECT * REPLACE (7800 AS id, 'by DuckDB' AS s) FROM {t} WHERE id = ${copied}`

/** What this project does then, changing rows of everybody. */
async function usualFurther(t: TableChanges, changesFrom?: number): Promise<void> {
  await t.append(...[820n, 821n, 822n].map(id => ({ id, s: `row ${id}` })))
  const version = await t.version()
  await t.delete({ op: 'in', column: 'id', values: [7800n, 7810n, 821n] })
  await t.merge({ id: 7811n, s: 'by us, merged' }, { id: 830n, s: 'by us, new' })
  await t.checkpoint()
  await t.restore(version)
  await t.delete({ op: '=', column: 'id', value: 822n })
  await t.append({ id: 823n, s: 'row 823' })
  await t.optimize()
  await t.append(...[824n, 825n].map(id => ({ id, s: `row ${id}` })))
  await t.delete({ op: '=', column: 'id', value: 824n })
  await t.vacuum(changesFrom)
}

/** In the order in which they have the tables; of each, how the tables are after it. */
const stages = ['we', 'Spark', 'DuckDB', 'delta-rs', 'we again'] as const

type Stage = (typeof stages)[number]

interface Looked {
  readonly rows: TableContent
  readonly changes: TableContent | undefined
  /** What the log says of the files and is not so. */
  readonly wrong: readonly string[]
  readonly version: number
  /** What a commit of rows leaves as it is. */
  readonly state: Pick<Snapshot, 'protocol' | 'metadata' | 'domains' | 'txns'>
}

let folder: string
const own = new Map<string, Looked>()
const visits = new Map<string, Visited>()
const lastVisits = new Map<string, Visited>()
const changed = { 'delta-rs': new Map<string, Changed>(), DuckDB: new Map<string, Changed>() }
/** What this project says of tables that DuckDB's INSERT has broken. */
const broken = new Map<string, string>()
const others = new Map<Engine, ReadonlyMap<string, ReadByOther>>()
const othersLast = new Map<Engine, ReadonlyMap<string, ReadByOther>>()

const folderOf = (name: string) => join(folder, String(featureTables.findIndex(table => table.name === name)))
const seen = (stage: Stage, name: string): Looked | undefined => own.get(`${stage}: ${name}`)

async function look(stage: Stage): Promise<void> {
  for (const { name, changesFrom } of featureTables) {
    const store = await openStore(pathToFileURL(folderOf(name)).href)
    try {
      const snapshot = await ownSnapshot(store)
      const changes = changesFrom === undefined ? undefined : await readOwnChanges(folderOf(name), changesFrom)
      const { version, protocol, metadata, domains, txns } = snapshot
      own.set(`${stage}: ${name}`, {
        rows: await readOwn(folderOf(name)),
        changes,
        wrong: await falseClaims(store, snapshot),
        version,
        state: { protocol, metadata, domains, txns },
      })
    } catch (error) {
      throw new Error(`${name}, after ${stage}: ${String(error)}`, { cause: error })
    }
  }
}

async function readByAll(readers: OtherReaders, into: Map<Engine, ReadonlyMap<string, ReadByOther>>): Promise<void> {
  const folders = featureTables.map(({ name }) => folderOf(name))
  for (const engine of readingEngines) {
    const contents = await readers.read(engine, folders)
    into.set(engine, new Map(featureTables.map(({ name }, i) => [name, contents[i] as ReadByOther])))
  }
}

/** A table that DuckDB is known to break is one that nobody needs afterwards. */
const leftToDuckDb = ({ name, duckDbRefuses }: FeatureTable) =>
  duckDbRefuses !== undefined && 'breaks' in duckDbRefuses ? `${folderOf(name)}-broken` : folderOf(name)

async function leaveToDuckDb(readers: OtherReaders): Promise<void> {
  for (const table of featureTables) {
    const place = leftToDuckDb(table)
    if (place !== folderOf(table.name)) await cp(folderOf(table.name), place, { recursive: true })
  }
  const done = await readers.change(
    'DuckDB',
    featureTables.map(table => ({ table: leftToDuckDb(table), steps: [byDuckDb(table.duckDbCopies)] })),
  )
  for (const [i, table] of featureTables.entries()) {
    changed.DuckDB.set(table.name, done[i] as Changed)
    const place = leftToDuckDb(table)
    if (place !== folderOf(table.name))
      broken.set(table.name, await readOwn(place).then(({ rows }) => rows.join('\n'), String))
  }
}

/** Milliseconds: Spark takes a minute or two, and many times that where it has to share the machine. */
const patience = 1_500_000

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'features-'))
  await using expressions = openExpressions()
  for (const { name, definition, write } of featureTables) {
    try {
      await write(await TableChanges.create(folderOf(name), definition, expressions))
    } catch (error) {
      throw new Error(`${name}: ${String(error)}`, { cause: error })
    }
  }
  await look('we')
  const readers = await prepareOtherReaders()
  await readByAll(readers, others)
  const visited = await readers.visit(
    featureTables.map(({ name, changesFrom, then = usual, refused = [] }) => ({
      table: folderOf(name),
      changesFrom,
      then,
      refused: refused.map(([sql]) => sql),
    })),
  )
  for (const [i, { name }] of featureTables.entries()) visits.set(name, visited[i] as Visited)
  await look('Spark')
  await leaveToDuckDb(readers)
  await look('DuckDB')
  const steps = await readers.change(
    'delta-rs',
    featureTables.map(({ name, changesFrom }) => ({ table: folderOf(name), steps: deltaRsSteps, changesFrom })),
  )
  for (const [i, { name }] of featureTables.entries()) changed['delta-rs'].set(name, steps[i] as Changed)
  await look('delta-rs')
  for (const { name, changesFrom, further = usualFurther } of featureTables) {
    try {
      await further(await TableChanges.open(folderOf(name), expressions), changesFrom)
    } catch (error) {
      throw new Error(`${name}, after all the others: ${String(error)}`, { cause: error })
    }
  }
  await look('we again')
  await readByAll(readers, othersLast)
  const last = await readers.visit(
    featureTables.map(({ name, changesFrom }) => ({ table: folderOf(name), changesFrom })),
  )
  for (const [i, { name }] of featureTables.entries()) lastVisits.set(name, last[i] as Visited)
}, patience)

afterAll(() => rm(folder, { recursive: true, force: true }))

function expectSame(theirs: ReadByOther | undefined, ours: TableContent | undefined): void {
  if (theirs !== undefined && 'error' in theirs) throw new Error(theirs.error)
  expect(theirs?.types).toEqual(ours?.types)
  expect(theirs?.rows).toEqual(ours?.rows)
}

/** The same, or what is known of the engine and this table. */
function expectRead(
  engine: Engine,
  { unread }: FeatureTable,
  theirs: ReadByOther | undefined,
  ours: TableContent | undefined,
): void {
  const refusal = unread?.[engine]
  if (refusal === undefined) expectSame(theirs, ours)
  else if (typeof refusal === 'string')
    expect(() => {
      expectSame(theirs, ours)
    }, refusal).toThrow()
  else expect(theirs).toEqual({ error: expect.stringMatching(refusal) as string })
}

describe.each(readingEngines)('%s reads', engine => {
  test.each(featureTables)('$name', table => {
    expectRead(engine, table, others.get(engine)?.get(table.name), seen('we', table.name)?.rows)
  })
})

describe('Spark', () => {
  test.each(featureTables)('reads $name', ({ name }) => {
    expectSame(visits.get(name)?.before, seen('we', name)?.rows)
  })

  test.each(withFeed)('reads the changes of $name', ({ name }) => {
    expectSame(visits.get(name)?.changes, seen('we', name)?.changes)
  })

  test.each(featureTables.filter(({ refused }) => refused !== undefined))(
    'keeps the rules of $name',
    ({ name, refused = [] }) => {
      const said = visits.get(name)?.refused ?? []
      for (const [i, [, why]] of refused.entries()) expect(said[i]).toMatch(why)
    },
  )

  test.each(featureTables)('changes $name, and we read what it then has', ({ name }) => {
    expectSame(visits.get(name)?.after, seen('Spark', name)?.rows)
    expect(seen('Spark', name)?.rows.rows).not.toEqual(seen('we', name)?.rows.rows)
  })

  test.each(withFeed)('and the changes of $name since', ({ name }) => {
    const changes = seen('Spark', name)?.changes
    expectSame(visits.get(name)?.changesAfter, changes)
    expect(changes?.rows.length).toBeGreaterThan(seen('we', name)?.changes?.rows.length ?? Infinity)
  })
})

describe('DuckDB', () => {
  test.each(featureTables)('appends to $name, and we read what it then has; or it says why not', table => {
    const { name, duckDbRefuses } = table
    const { said: [said] = [], after } = changed.DuckDB.get(name) ?? {}
    const [before, now] = [seen('Spark', name), seen('DuckDB', name)]
    if (duckDbRefuses !== undefined) {
      if ('breaks' in duckDbRefuses)
        expect([said, broken.get(name)]).toEqual(['', expect.stringMatching(duckDbRefuses.breaks)])
      else expect(said).toMatch(duckDbRefuses)
      expect(now).toEqual(before)
      return
    }
    expect(said).toBe('')
    expectRead('DuckDB', table, after, now?.rows)
    expect(now?.version).toBe((before?.version ?? NaN) + 1)
    expect(now?.rows.rows.filter(row => row.includes('by DuckDB')).length).toBeGreaterThan(0)
  })
})

describe('delta-rs', () => {
  test.each(featureTables)('changes $name in every way it can, and we read what it then has', table => {
    const { name, deltaRsRefuses: refuses = {} } = table
    const { said = [], after } = changed['delta-rs'].get(name) ?? {}
    const [before, now] = [seen('DuckDB', name), seen('delta-rs', name)]
    for (const [i, step] of deltaRsSteps.entries())
      expect(`${step}: ${said[i] ?? 'not asked'}`).toMatch(refuses[step] ?? /: $/)
    const done = deltaRsSteps.filter(step => step !== 'checkpoint' && refuses[step] === undefined)
    expect(now?.version).toBe((before?.version ?? NaN) + done.length)
    expectRead('delta-rs', table, after, now?.rows)
    expect(now?.state).toEqual(before?.state)
    if (done.length === 0) expect(now).toEqual(before)
    else expect(now?.rows.rows.filter(row => row.includes('by delta-rs')).length).toBeGreaterThan(0)
  })

  test.each(withFeed)('reads the changes of $name that all have made', ({ name, deltaRsRefuses }) => {
    const theirs = changed['delta-rs'].get(name)?.changes
    if (deltaRsRefuses?.feed === undefined) expectSame(undated(theirs), undated(seen('delta-rs', name)?.changes))
    else expect(theirs).toEqual({ error: expect.stringMatching(deltaRsRefuses.feed) as string })
  })
})

describe.each(engines)('after we went on, %s reads', engine => {
  test.each(featureTables)('$name', table => {
    const theirs = engine === 'Spark' ? lastVisits.get(table.name)?.before : othersLast.get(engine)?.get(table.name)
    expectRead(engine, table, theirs, seen('we again', table.name)?.rows)
    expect(seen('we again', table.name)?.rows).not.toEqual(seen('delta-rs', table.name)?.rows)
  })
})

test.each(withFeed)('Spark reads the changes of $name that all have made', ({ name }) => {
  expectSame(lastVisits.get(name)?.changes, seen('we again', name)?.changes)
})

test.each(featureTables.flatMap(({ name }) => stages.map(stage => [stage, name] as const)))(
  'after %s, what the log says of the files of %s is so',
  (stage, name) => {
    expect(seen(stage, name)?.wrong).toEqual([])
  },
)

/** A feed without the time of its commits, which delta-rs takes from elsewhere. */
function undated(feed: ReadByOther | undefined): TableContent | undefined {
  if (feed === undefined) return undefined
  if ('error' in feed) throw new Error(feed.error)
  const without = <T>(columns: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(columns).filter(([name]) => name !== '_commit_timestamp'))
  return {
    types: without(feed.types),
    rows: feed.rows.map(text => JSON.stringify(without(JSON.parse(text) as Record<string, unknown>))).sort(),
  }
}
