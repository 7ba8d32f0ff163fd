import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { bronzePath, scoredPath, silverPath, summaryPath } from '../../shared/contract/index.js'
import {
  type Engine,
  engines,
  prepareOtherReaders,
  type ReadByOther,
  type TableContent,
} from '../harness/otherReaders.js'
import { readOwn } from '../harness/ownReader.js'
import { events } from '../harness/sampleStream/events.js'
import { LakeFixture } from './lakeFixture.js'
import {
  eventRecords,
  eventsWithSource,
  laterRecords,
  readingRecords,
  readings,
  wallClockRecords,
  wallClocks,
} from './streams.js'

const streams = [events, readings, wallClocks]
const paths = [
  ...[bronzePath, scoredPath, summaryPath, silverPath].flatMap(path => streams.map(path)),
  'monitor_logs',
  'cluster_logs',
].sort()
/** The same tables when only their checkpoints and what came after are left of the log. */
const cleaned = (path: string) => `${path}, from its checkpoint`
const names = [...paths, ...paths.map(cleaned)]

const own = new Map<string, TableContent>()
const others = new Map<Engine, ReadonlyMap<string, ReadByOther>>()
let fixture: LakeFixture | undefined

beforeAll(async () => {
  fixture = await LakeFixture.create()
  const half = Math.ceil(eventRecords.length / 2)
  fixture.append(events, eventRecords.slice(0, half))
  fixture.append(readings, readingRecords.slice(0, 2))
  fixture.append(wallClocks, wallClockRecords.slice(0, 1))
  await fixture.run(streams)
  fixture.append(events, eventRecords.slice(half))
  fixture.append(readings, readingRecords.slice(2))
  await fixture.run(streams)
  await fixture.checkpoint(paths)
  // A release that declares one field more.
  fixture.append(events, laterRecords)
  fixture.append(wallClocks, wallClockRecords.slice(1))
  await fixture.run([eventsWithSource, readings, wallClocks])

  const folders = [...paths.map(path => fixture?.folder(path) ?? '')]
  for (const path of paths) folders.push(await fixture.withoutOldCommits(path))
  for (const [i, folder] of folders.entries()) own.set(names[i] ?? '', await readOwn(folder))
  const readers = await prepareOtherReaders()
  for (const engine of engines) {
    const contents = await readers.read(engine, folders)
    others.set(engine, new Map(names.map((name, i) => [name, contents[i] as ReadByOther])))
  }
})

afterAll(() => fixture?.[Symbol.asyncDispose]())

describe('what the pipeline wrote', () => {
  test('is every table that is compared here', async () => {
    expect(await fixture?.paths()).toEqual(paths)
  })

  test('is every record in bronze', () => {
    expect(own.get(bronzePath(events))?.rows).toHaveLength(eventRecords.length + laterRecords.length)
    expect(own.get(bronzePath(readings))?.rows).toHaveLength(readingRecords.length)
    expect(own.get(bronzePath(wallClocks))?.rows).toHaveLength(wallClockRecords.length)
  })

  test('is every valid event once in silver', () => {
    expect(own.get(silverPath(events))?.rows).toHaveLength(60 + 6 + 3)
    expect(own.get(scoredPath(events))?.rows).toHaveLength(60 + 6 + 3)
    expect(own.get(silverPath(readings))?.rows).toHaveLength(readingRecords.length - 1)
    expect(own.get(silverPath(wallClocks))?.rows).toHaveLength(wallClockRecords.length)
  })
})

describe.each(engines)('%s reads', engine => {
  test.each(names)('%s', name => {
    const theirs = others.get(engine)?.get(name)
    if (theirs === undefined || 'error' in theirs) throw new Error(theirs?.error ?? 'it was not asked')
    expect(theirs.types).toEqual(own.get(name)?.types)
    expect(theirs.rows).toEqual(own.get(name)?.rows)
  })
})
