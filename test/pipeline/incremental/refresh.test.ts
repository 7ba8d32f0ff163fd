import { describe, expect, test } from 'vitest'

import { silverPath, sqlName } from '../../../shared/contract/index.js'
import { type Action, commitInfoOf, readsNothing, removedFile } from '../../../shared/delta/index.js'
import { type Derivation, readCursor, rebuildStep, refreshStep } from '../../../shared/pipeline/incremental/index.js'
import type { Lake } from '../../../shared/pipeline/lake/index.js'
import type { StepReport } from '../../../shared/pipeline/step/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { isCommit } from '../bronze/bronzeFixture.js'
import { ok, rowsOf, silverOf } from '../gold/goldFixture.js'
import { type Given, hour, SilverFixture } from '../silver/silverFixture.js'
import { bigEvents, bigEventsTable } from './bigEvents.js'

const { path: bigPath } = bigEventsTable(events)
const about = { step: 'gold', stream: events, path: bigPath, trigger: 'timer' } as const

function refreshBig(lake: Lake, derivation: Derivation = bigEvents(lake, events)): Promise<StepReport> {
  return refreshStep(lake, about, () => derivation)
}

function rebuildBig(lake: Lake, derivation: Derivation = bigEvents(lake, events)): Promise<StepReport> {
  return rebuildStep(lake, about, () => derivation)
}

const big = (id: string): Given => ({ id, value: 1000 })
const ids = async (lake: Lake) =>
  (await rowsOf(lake, bigPath, 'SELECT event_id FROM t ORDER BY 1')).map(row => row['event_id'])

/** The derivation, and how often it was asked for rows. */
function counted(derivation: Derivation) {
  const asked = { apply: 0, rebuild: 0 }
  const own: Derivation = {
    ...derivation,
    apply: batch => (asked.apply++, derivation.apply(batch)),
    rebuild: whole => (asked.rebuild++, derivation.rebuild(whole)),
  }
  return { own, asked }
}

/** A lake in which something else happens before a commit to the fourth table. */
async function contested() {
  const faults = new Faults()
  const fixture = await SilverFixture.open(new FaultyStore(new MemoryStore(), faults))
  let within = false
  const beforeCommit = (first: () => Promise<void>, times = 1) =>
    faults.add({
      on: 'putIfAbsent',
      // What happens first may itself commit there.
      path: path => !within && path.startsWith(`${bigPath}/`) && isCommit(path),
      times,
      fault: {
        kind: 'interleave',
        first: async () => {
          within = true
          await first().finally(() => (within = false))
        },
      },
    })
  return { fixture, beforeCommit }
}

/** A commit by somebody who is not the step. */
async function commitTo(lake: Lake, path: string, actions: readonly Action[]): Promise<void> {
  const table = lake.table(path)
  const state = await table.state({ fresh: true })
  const outcome = await table.commit({
    readVersion: state?.version ?? -1,
    actions,
    operation: 'WRITE',
    isBlindAppend: false,
    reads: readsNothing,
  })
  expect(outcome.kind).toBe('committed')
}

/** The table's file again under another name: as new rows, or as the same rows put elsewhere. */
async function rewriteFile(lake: Lake, options: { readonly dataChange: boolean }, name = 'again.parquet') {
  const table = lake.table(bigPath)
  const [file] = (await table.snapshot())?.files ?? []
  if (file === undefined) throw new Error('no file')
  await table.store.put(name, (await table.store.get(file.path)) ?? new Uint8Array())
  const remove = { ...removedFile(file, lake.clock.now()), dataChange: false }
  await commitTo(lake, bigPath, [
    ...(options.dataChange ? [] : [{ remove }]),
    { add: { ...file, path: name, dataChange: options.dataChange } },
  ])
}

describe('a fourth derived table', () => {
  test('has the rows of its SQL, each once, in whatever pieces they come', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[big('a'), { id: 'small', value: 999 }, { id: 'c', value: 1984.5, at: 24n * hour }]])
    await silverOf(f, [[big('d')]])
    const pieces = () => refreshBig(f.lake, bigEvents(f.lake, events, 1))
    const reports: StepReport[] = []
    do reports.push(...ok([await pieces()]))
    while (reports.at(-1)?.more === true && reports.length < 10)
    // One version of silver has two files, each of a day.
    expect(reports).toHaveLength(3)
    expect(reports.reduce((sum, { rowsIn }) => sum + rowsIn, 0)).toBe(4)
    expect(await rowsOf(f.lake, bigPath, 'SELECT * FROM t ORDER BY event_id')).toEqual([
      { event_id: 'a', cents: 100_000n },
      { event_id: 'c', cents: 198_450n },
      { event_id: 'd', cents: 100_000n },
    ])
    expect(await pieces()).toMatchObject({ outcome: 'nothingToDo', detail: { table: bigPath } })
  })

  test('takes note of rows that it has none of: they are not read again', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[{ id: 'small', value: 1 }]])
    expect(await refreshBig(f.lake)).toMatchObject({ outcome: 'committed', rowsIn: 1, rowsOut: 0 })
    expect(await refreshBig(f.lake)).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('has nothing to do before its source is there, and says what makes it when it is asked for', async () => {
    await using f = await SilverFixture.open()
    expect(await refreshBig(f.lake)).toMatchObject({ outcome: 'nothingToDo' })
    const { error } = await rebuildBig(f.lake)
    expect(error).toMatchObject({ code: 'NO_TABLE' })
    expect(error?.message).toContain('lake run silver')
  })

  test('loses the rows that are taken out of its source, in one commit', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[big('a')]])
    await silverOf(f, [[big('b')]])
    ok([await refreshBig(f.lake)])
    const [first] = (await f.lake.table(silverPath(events)).snapshot())?.files ?? []
    if (first === undefined) throw new Error('no file')
    await commitTo(f.lake, silverPath(events), [{ remove: removedFile(first, f.clock.now()) }])
    const before = (await f.lake.table(bigPath).state({ fresh: true }))?.version ?? 0
    const report = await refreshBig(f.lake)
    expect(report).toMatchObject({ outcome: 'committed', version: before + 1, rowsOut: 1 })
    expect(report.detail['recomputed']).toMatch(/took rows away/)
    expect(await ids(f.lake)).toHaveLength(1)
    expect(await refreshBig(f.lake)).toMatchObject({ outcome: 'nothingToDo' })
  })

  test('stops at another source in the place of its own, names the remedy, and the remedy works', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    const old = (await f.lake.table(silverPath(events)).state({ fresh: true }))?.metadata.id ?? ''
    for (const folder of ['bronze/', 'silver/'])
      for await (const { path } of f.lake.store.list(folder)) await f.lake.store.delete(path)
    await using g = await SilverFixture.open(f.lake.store)
    await silverOf(g, [[big('z')]])
    const { error } = await refreshBig(g.lake)
    expect(error).toMatchObject({ code: 'SOURCE_TABLE_CHANGED', retryable: false })
    expect(error?.message).toContain('rebuild the big events')
    ok([await rebuildBig(g.lake)])
    expect(await ids(g.lake)).toEqual(['z'])
    expect(await refreshBig(g.lake)).toMatchObject({ outcome: 'nothingToDo' })
    // The old source, should it come back, is not gone on with: its rows were replaced.
    const state = await g.lake.table(bigPath).state({ fresh: true })
    if (state === undefined) throw new Error('no table')
    expect(() => readCursor(state, old, { table: bigPath, source: silverPath(events), rebuild: '' })).toThrow(
      expect.objectContaining({ code: 'SOURCE_TABLE_CHANGED' }),
    )
  })

  test('is replaced whole when its rows cannot stand beside new ones', async () => {
    await using f = await SilverFixture.open()
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    await silverOf(f, [[big('b')]])
    const { own, asked } = counted(bigEvents(f.lake, events))
    const outdated = { ...own, target: { ...own.target, outdated: () => 'it counts otherwise now' } }
    expect(await refreshBig(f.lake, outdated)).toMatchObject({ detail: { recomputed: 'it counts otherwise now' } })
    expect(asked).toEqual({ apply: 0, rebuild: 1 })
    expect(await ids(f.lake)).toEqual(['a', 'b'])
    expect(await refreshBig(f.lake, outdated)).toMatchObject({ outcome: 'nothingToDo' })
  })
})

describe('another writer', () => {
  test('that changed data makes the plan void: rows are made again', async () => {
    const { fixture, beforeCommit } = await contested()
    await using f = fixture
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    await silverOf(f, [[big('b')]])
    beforeCommit(() => rewriteFile(f.lake, { dataChange: true }))
    const { own, asked } = counted(bigEvents(f.lake, events))
    expect(await refreshBig(f.lake, own)).toMatchObject({ outcome: 'committed', rowsIn: 1, rowsOut: 1 })
    expect(asked.apply).toBe(2)
    expect(await ids(f.lake)).toEqual(['a', 'a', 'b'])
  })

  test('that only rearranged rows is rebased over', async () => {
    const { fixture, beforeCommit } = await contested()
    await using f = fixture
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    await silverOf(f, [[big('b')]])
    beforeCommit(() => rewriteFile(f.lake, { dataChange: false }))
    const { own, asked } = counted(bigEvents(f.lake, events))
    expect(await refreshBig(f.lake, own)).toMatchObject({ outcome: 'committed' })
    expect(asked.apply).toBe(1)
    expect(await ids(f.lake)).toEqual(['a', 'b'])
  })

  test('that rearranged rows beside a rebuild leaves none of them behind', async () => {
    const { fixture, beforeCommit } = await contested()
    await using f = fixture
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    beforeCommit(() => rewriteFile(f.lake, { dataChange: false }))
    const { own, asked } = counted(bigEvents(f.lake, events))
    expect(await rebuildBig(f.lake, own)).toMatchObject({ outcome: 'committed' })
    expect(asked.rebuild).toBe(1)
    expect(await ids(f.lake)).toEqual(['a'])
  })

  test('that took the same rows leaves nothing to do, and no row is there twice', async () => {
    const { fixture, beforeCommit } = await contested()
    await using f = fixture
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    await silverOf(f, [[big('b')]])
    const other = await f.other()
    beforeCommit(async () => void ok([await refreshBig(other)]))
    expect(await refreshBig(f.lake)).toMatchObject({ outcome: 'nothingToDo' })
    expect(await ids(f.lake)).toEqual(['a', 'b'])
  })

  test('that took new rows beside a rebuild loses them to it, and the next run brings what is new', async () => {
    const { fixture, beforeCommit } = await contested()
    await using f = fixture
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    const other = await f.other()
    beforeCommit(async () => {
      await silverOf(f, [[big('b')]])
      ok([await refreshBig(other)])
    })
    ok([await rebuildBig(f.lake)])
    ok([await refreshBig(f.lake)])
    expect(await ids(f.lake)).toEqual(['a', 'b'])
  })

  test('that wins every time ends the run as one to be tried again, with nothing committed', async () => {
    const { fixture, beforeCommit } = await contested()
    await using f = fixture
    await silverOf(f, [[big('a')]])
    ok([await refreshBig(f.lake)])
    await silverOf(f, [[big('b')]])
    let wins = 0
    beforeCommit(() => rewriteFile(f.lake, { dataChange: true }, `win-${++wins}.parquet`), Infinity)
    expect(await refreshBig(f.lake)).toMatchObject({ outcome: 'failed', error: { code: 'CONTENDED', retryable: true } })
    expect(await ids(f.lake)).not.toContain('b')
  })
})

test('a commit shows what it brings, of which part of the source, and by which run', async () => {
  await using f = await SilverFixture.open()
  await silverOf(f, [[big('a')]])
  ok([await refreshBig(f.lake), await rebuildBig(f.lake)])
  const infos: unknown[] = []
  for await (const { actions } of f.lake.table(bigPath).commits(1)) infos.push(commitInfoOf(actions))
  const id = (await f.lake.table(silverPath(events)).state())?.metadata.id
  const run = { step: 'gold', stream: 'events', final: true }
  const source = { table: id, to: { version: 1, files: 0 } }
  expect(plain(infos)).toMatchObject([
    {
      operation: 'STREAMING UPDATE',
      operationParameters: { outputMode: 'Append', source: silverPath(events) },
      operationMetrics: { numAddedFiles: '1', numOutputRows: '1' },
      isBlindAppend: false,
      lake: { run, gold: { rows: 1, source: { ...source, from: null } } },
    },
    {
      operation: 'WRITE',
      operationParameters: { mode: 'Overwrite', source: silverPath(events), why: 'asked for' },
      operationMetrics: { numAddedFiles: '1', numRemovedFiles: '1', numOutputRows: '1' },
      isBlindAppend: false,
      lake: { run, gold: { rows: 1, rebuilt: true, source: { ...source, from: null } } },
    },
  ])
})

/** Whole numbers in JSON as numbers, however they were read. */
function plain(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)))
}

test('a refresh is a timer’s run and a rebuild a command’s, unless it is said whose they are', async () => {
  await using f = await SilverFixture.open()
  const unsaid = { step: about.step, stream: about.stream, path: about.path }
  const derivation = () => bigEvents(f.lake, events)
  const more = (id: string) => silverOf(f, [[big(id)]])
  await more('a')
  ok([await refreshStep(f.lake, unsaid, derivation)])
  ok([await rebuildStep(f.lake, unsaid, derivation)])
  await more('b')
  ok([await refreshStep(f.lake, { ...unsaid, trigger: 'command' }, derivation)])
  ok([await rebuildStep(f.lake, { ...unsaid, trigger: 'timer' }, derivation)])
  const runs: unknown[] = []
  for await (const { actions } of f.lake.table(bigPath).commits(0)) {
    const lake = commitInfoOf(actions)?.['lake'] as { readonly run?: unknown } | undefined
    if (lake?.run !== undefined) runs.push(lake.run)
  }
  const table = sqlName(bigPath)
  expect(runs).toMatchObject([
    { trigger: 'timer', table },
    { trigger: 'command', table },
    { trigger: 'command', table },
    { trigger: 'timer', table },
  ])
})
