import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { lake } from '../cli/testShell.js'
import {
  normalLine,
  prepareOtherReaders,
  type ReadByOther,
  type TableContent,
  type Visited,
} from '../harness/otherReaders.js'
import { readOwn, readOwnChanges } from '../harness/ownReader.js'
import { sparkTables as allTables } from './sparkTables.js'

/** `INTEROP_TABLES=widened npm run test:interop` looks at some of the tables only. */
const wanted = new RegExp(process.env['INTEROP_TABLES'] ?? '')
const sparkTables = allTables.filter(({ name }) => wanted.test(name))

let folder: string
const visits = new Map<string, Visited>()
const folderOf = (name: string) => join(folder, String(sparkTables.findIndex(table => table.name === name)))

/** Milliseconds: Spark takes a minute or two, and many times that where it has to share the machine. */
const patience = 1_500_000

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reading-'))
  const visited = await (
    await prepareOtherReaders()
  ).visit(sparkTables.map(table => ({ ...table, table: folderOf(table.name) })))
  for (const [i, { name }] of sparkTables.entries()) visits.set(name, visited[i] as Visited)
}, patience)

afterAll(() => rm(folder, { recursive: true, force: true }))

function contentOf(theirs: ReadByOther | undefined): TableContent {
  if (theirs === undefined || 'error' in theirs) throw new Error(theirs?.error ?? 'it was not asked')
  return theirs
}

describe.each(sparkTables)('$name', ({ name, versions, changesFrom, where = [] }) => {
  test('every version has the rows that Spark sees', async () => {
    const seen = visits.get(name)?.versions ?? []
    for (let version = 0; version < versions; version++) {
      expect(await readOwn(folderOf(name), version), `version ${version}`).toEqual(contentOf(seen[version]))
    }
    const latest = await readOwn(folderOf(name))
    expect(latest).toEqual(contentOf(visits.get(name)?.before))
    expect(latest, 'the last version').toEqual(contentOf(seen[versions - 1]))
  })

  test.skipIf(changesFrom === undefined)('its changes are those that Spark sees', async () => {
    expect(await readOwnChanges(folderOf(name), changesFrom ?? 0)).toEqual(contentOf(visits.get(name)?.changes))
  })

  test.each(where.map((condition, i) => ({ condition, i })))('where $condition', async ({ condition, i }) => {
    const { code, output, messages } = await lake(['read', folderOf(name), '--format', 'jsonl', '--where', condition])
    expect(messages).toBe('')
    expect(code).toBe(0)
    expect(
      output
        .split('\n')
        .filter(line => line !== '')
        .map(normalLine)
        .sort(),
    ).toEqual(contentOf(visits.get(name)?.where[i]).rows)
  })
})
