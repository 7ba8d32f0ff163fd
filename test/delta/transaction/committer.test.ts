import { describe, expect, test } from 'vitest'

import { type Clock, ManualClock } from '../../../shared/clock.js'
import type { Action, CommitInfo } from '../../../shared/delta/actions/actions.js'
import { checksumPath, commitPath } from '../../../shared/delta/log/logName.js'
import { createTable } from '../../../shared/delta/table/createTable.js'
import { DeltaTable } from '../../../shared/delta/table/table.js'
import type { CommitOutcome } from '../../../shared/delta/transaction/transaction.js'
import { type Fault, Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { Random, seedNote } from '../../random.js'
import { append, emptyTable, pathsOf, schema } from '../appendedTable.js'

async function setUp() {
  const { clock, store, open } = await emptyTable()
  const faults = new Faults()
  return { clock, store, faults, open, table: open(new FaultyStore(store, faults, clock)) }
}

const isCommit = (path: string) => path.endsWith('.json')

describe('a commit', () => {
  const lost: readonly (readonly [string, Fault])[] = [
    ['lost answer', { kind: 'loseAnswer' }],
    ['"exists" that is our own first write', { kind: 'meetOwnWrite' }],
  ]
  test.each(lost)('whose answer is a %s is not a conflict and not done twice', async (_name, fault) => {
    const { faults, table, open } = await setUp()
    faults.add({ on: 'putIfAbsent', path: isCommit, fault })
    expect(await table.commit(append(0, 'a', 1n))).toEqual({
      kind: 'committed',
      version: 1,
      timestamp: expect.any(Number) as number,
      attempts: 1,
    })
    expect(faults.struck).toBe(1)
    expect(await pathsOf(open())).toEqual(['a-1.parquet'])
    expect(await table.commit(append(1, 'a', 2n))).toMatchObject({ kind: 'committed', version: 2 })
  })

  test('whose answer is lost before anything was written is sent again to the same version', async () => {
    const { faults, table, open } = await setUp()
    faults.add({ on: 'putIfAbsent', path: isCommit, times: 2, fault: { kind: 'fail', ambiguous: true } })
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({ kind: 'committed', version: 1, attempts: 1 })
    expect(await pathsOf(open())).toEqual(['a-1.parquet'])
  })

  test('whose answer is lost while a rival takes the version goes to the next one', async () => {
    const { faults, table, open } = await setUp()
    const rival = open()
    faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'fail', ambiguous: true } })
    faults.add({
      on: 'get',
      path: path => path === commitPath(1),
      fault: {
        kind: 'interleave',
        first: async () => {
          await rival.commit(append(0, 'b', 1n))
        },
      },
    })
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({ kind: 'committed', version: 2, attempts: 2 })
    expect(await pathsOf(open())).toEqual(['a-1.parquet', 'b-1.parquet'])
  })

  test('is known again when both its answer and the first read-back are lost', async () => {
    const { faults, table, open } = await setUp()
    await table.state()
    faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' } })
    faults.add({ on: 'get', path: isCommit, times: 2, fault: { kind: 'fail' } })
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({ kind: 'committed', version: 1 })
    expect(await pathsOf(open())).toEqual(['a-1.parquet'])
  })

  test('that stays unresolved is an error to try again, and its txn shows what became of it', async () => {
    const { faults, table, open } = await setUp()
    await table.state()
    faults.add({ on: 'putIfAbsent', path: isCommit, times: 99, fault: { kind: 'loseAnswer' } })
    faults.add({ on: 'get', path: isCommit, times: 99, fault: { kind: 'fail' } })
    await expect(table.commit(append(0, 'a', 1n))).rejects.toMatchObject({
      code: 'DELTA_COMMIT_UNRESOLVED',
      retryable: true,
    })
    faults.clear()
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({
      kind: 'conflict',
      reason: 'concurrentTransaction',
      version: 1,
    })
    expect((await open().state())?.txns.get('a')?.version).toBe(1n)
  })

  test('is known again when its answer was lost and storage then refuses outright', async () => {
    const { faults, table, open } = await setUp()
    await table.state()
    faults.add({ on: 'putIfAbsent', path: isCommit, fault: { kind: 'loseAnswer' } })
    faults.add({
      on: 'putIfAbsent',
      path: isCommit,
      fault: { kind: 'fail', code: 'STORAGE_FORBIDDEN', retryable: false },
    })
    faults.add({ on: 'get', path: isCommit, fault: { kind: 'fail' } })
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({ kind: 'committed', version: 1 })
    expect(await pathsOf(open())).toEqual(['a-1.parquet'])
  })

  test('that lost a version to a rival writes none into a log that was deleted meanwhile', async () => {
    const { store, faults, table, open } = await setUp()
    await table.state()
    await open().commit(append(0, 'b', 1n))
    const first = async () => {
      for (const version of [0, 1]) await store.delete(commitPath(version))
    }
    // It is known by then whose the version is, and asked whether it is still there.
    faults.add({ on: 'head', path: path => path === commitPath(1), fault: { kind: 'interleave', first } })
    await expect(table.commit(append(0, 'a', 1n))).rejects.toMatchObject({ code: 'DELTA_NO_TABLE' })
    expect(await store.get(commitPath(1))).toBeUndefined()
  })

  test('that storage refuses outright fails as storage says', async () => {
    const { faults, table } = await setUp()
    faults.add({ on: 'putIfAbsent', fault: { kind: 'fail', code: 'STORAGE_FORBIDDEN', retryable: false } })
    await expect(table.commit(append(0, 'a', 1n))).rejects.toMatchObject({ code: 'STORAGE_FORBIDDEN' })
  })

  test('keeps its txnId over all attempts, and says at each what it stands on', async () => {
    const { clock, store, open } = await setUp()
    const rival = open()
    const sent: CommitInfo[] = []
    class Recorder extends FaultyStore {
      override putIfAbsent(path: string, bytes: Uint8Array) {
        const first = JSON.parse(new TextDecoder().decode(bytes).split('\n')[0] ?? '') as { commitInfo: CommitInfo }
        sent.push(first.commitInfo)
        return super.putIfAbsent(path, bytes)
      }
    }
    const faults = new Faults()
    let turn = 0
    faults.add({
      on: 'putIfAbsent',
      times: 2,
      fault: {
        kind: 'interleave',
        first: async () => {
          await rival.commit(append(turn, 'b', BigInt(turn++)))
        },
      },
    })
    const table = open(new Recorder(store, faults, clock))
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({ kind: 'committed', version: 3, attempts: 3 })
    expect(sent.map(info => info.readVersion)).toEqual([0, 1, 2])
    expect(new Set(sent.map(info => info.txnId)).size).toBe(1)
    expect(sent[0]?.txnId).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('of an appId that a rival has brought further is a conflict, not a second copy', async () => {
    const { table, open } = await setUp()
    await table.state()
    await open().commit(append(0, 'a', 1n))
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({
      kind: 'conflict',
      reason: 'concurrentTransaction',
      version: 1,
    })
  })

  test('planned on an older version is checked against every version since, known already or not', async () => {
    const { table } = await setUp()
    await table.commit(append(0, 'a', 1n))
    await table.commit(append(1, 'b', 1n))
    expect(await table.commit(append(0, 'a', 2n))).toMatchObject({
      kind: 'conflict',
      reason: 'concurrentTransaction',
      version: 1,
    })
    expect(await table.commit(append(0, 'c', 1n))).toMatchObject({ kind: 'committed', version: 3 })
  })

  test('on a tip known for more than a minute looks at the log first: clean-up may have freed an old version', async () => {
    const { clock, store, open } = await setUp()
    const sleeper = open()
    await sleeper.state()
    const busy = open()
    for (let version = 0; version < 6; version++) await busy.commit(append(version, 'b', BigInt(version)))
    await busy.writeCheckpoint()
    for (let version = 0; version < 6; version++) await store.delete(commitPath(version))
    clock.advance(61_000)
    await expect(sleeper.commit(append(0, 'a', 1n))).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP' })
    expect(await store.get(commitPath(1))).toBeUndefined()
    const state = await sleeper.state({ fresh: true })
    expect(await sleeper.commit(append(state?.version ?? -1, 'a', 1n))).toMatchObject({ kind: 'committed', version: 7 })
  })

  test('to a table that was deleted and recreated does not build on the old one', async () => {
    const { clock, store, open } = await setUp()
    const sleeper = open()
    for (let version = 0; version < 3; version++) await sleeper.commit(append(version, 'b', BigInt(version)))
    for (let version = 0; version <= 3; version++) await store.delete(commitPath(version))
    await open().commit(createTable({ schema, createdTime: clock.now() }))
    clock.advance(61_000)
    expect(await sleeper.state({ fresh: true })).toMatchObject({ version: 0, totals: { numFiles: 0 } })
  })

  test('without a table, or on a version that does not exist, is an error that says so', async () => {
    const { open, table } = await setUp()
    await expect(open(new MemoryStore()).commit(append(0, 'a', 1n))).rejects.toMatchObject({ code: 'DELTA_NO_TABLE' })
    await expect(table.commit(append(5, 'a', 1n))).rejects.toMatchObject({ code: 'DELTA_NO_VERSION' })
  })

  test('gives up as a conflict when others are faster every time', async () => {
    const { faults, clock, store, open } = await setUp()
    const rival = open()
    const table = new DeltaTable(new FaultyStore(store, faults, clock), { clock, maxAttempts: 3 })
    let turn = 0n
    faults.add({
      on: 'putIfAbsent',
      times: 99,
      fault: {
        kind: 'interleave',
        first: async () => {
          await rival.commit(append(Number(turn), 'b', turn++))
        },
      },
    })
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({
      kind: 'conflict',
      reason: 'tooManyAttempts',
      version: 3,
    })
    expect(await pathsOf(open())).not.toContain('a-1.parquet')
  })
})

describe('one table object', () => {
  test('takes many transactions at once', async () => {
    const { open } = await setUp()
    const table = open()
    const names = Array.from({ length: 12 }, (_, i) => `app${i}`)
    const outcomes = await Promise.all(names.map(name => table.commit(append(0, name, 1n))))
    expect(outcomes.map(outcome => outcome.kind)).toEqual(names.map(() => 'committed'))
    expect(await pathsOf(open())).toEqual(names.map(name => `${name}-1.parquet`).sort())
    expect(await table.state()).toMatchObject({ version: 12, totals: { numFiles: 12 } })
  })

  test('sees what another process has written when asked for the fresh state, and not before', async () => {
    const { open } = await setUp()
    const reader = open()
    await reader.state()
    for (let version = 0; version < 3; version++) await open().commit(append(version, 'a', BigInt(version)))
    expect(await reader.state()).toMatchObject({ version: 0 })
    expect(await reader.state({ fresh: true })).toMatchObject({ version: 3, totals: { numFiles: 3 } })
    expect(await reader.state()).toMatchObject({ version: 3 })
  })
})

describe('in-commit timestamps', () => {
  const protocol = {
    minReaderVersion: 1,
    minWriterVersion: 7,
    writerFeatures: ['appendOnly', 'inCommitTimestamp', 'invariants'],
  }
  const configuration = { 'delta.enableInCommitTimestamps': 'true' }

  test("only grow, also when the next writer's clock is behind or an attempt is lost", async () => {
    const clock = new ManualClock(5_000)
    const store = new MemoryStore(clock)
    await new DeltaTable(store, { clock }).commit(createTable({ schema, createdTime: 0, protocol, configuration }))
    const behind = new ManualClock(1_000)
    const faults = new Faults()
    const rival = new DeltaTable(store, { clock: new ManualClock(9_000) })
    faults.add({
      on: 'putIfAbsent',
      fault: {
        kind: 'interleave',
        first: async () => {
          await rival.commit(append(0, 'b', 1n))
        },
      },
    })
    const late = new DeltaTable(new FaultyStore(store, faults, behind), { clock: behind })
    expect(await late.commit(append(0, 'a', 1n))).toEqual({
      kind: 'committed',
      version: 2,
      timestamp: 9_001,
      attempts: 2,
    })
    const times: number[] = []
    for await (const { timestamp } of late.commits(0)) times.push(timestamp)
    expect(times).toEqual([5_000, 9_000, 9_001])
    const first = new TextDecoder().decode(await store.get(commitPath(2))).split('\n')[0] ?? ''
    expect(JSON.parse(first)).toMatchObject({ commitInfo: { inCommitTimestamp: 9_001 } })
    await late.writeCheckpoint()
    expect(await new DeltaTable(store).state()).toMatchObject({ version: 2, timestamp: 9_001 })
  })

  test('that begin later say since when', async () => {
    const { clock, table, open } = await setUp()
    const state = await table.state()
    if (state === undefined) throw new Error('no table')
    clock.advance(1_000)
    const outcome = await table.commit({
      ...append(0, 'a', 1n),
      isBlindAppend: false,
      actions: [{ protocol }, { metaData: { ...state.metadata, configuration } }],
    })
    const since = (await open().state())?.metadata.configuration
    expect(outcome.kind).toBe('committed')
    expect(since).toEqual({
      ...configuration,
      'delta.inCommitTimestampEnablementVersion': '1',
      'delta.inCommitTimestampEnablementTimestamp': String(clock.now()),
    })
  })
})

describe('version checksums', () => {
  test('are left every tenth version, so that a cold writer reads one small file', async () => {
    const { clock, store, table } = await setUp()
    for (let version = 0; version < 12; version++) await table.commit(append(version, 'a', BigInt(version)))
    expect(await store.get(checksumPath(10))).toBeDefined()
    expect(await store.get(checksumPath(11))).toBeUndefined()
    const faults = new Faults()
    faults.add({ on: 'get', path: path => isCommit(path) && path < commitPath(11), times: 99, fault: { kind: 'fail' } })
    const state = await new DeltaTable(new FaultyStore(store, faults, clock), { clock }).state()
    expect(state).toMatchObject({ version: 12, totals: { numFiles: 12, sizeInBytes: 12n } })
    expect(state?.txns.get('a')?.version).toBe(11n)
  })

  test('that leave out the transactions are not trusted', async () => {
    const { store, table, open } = await setUp()
    for (let version = 0; version < 10; version++) await table.commit(append(version, 'a', BigInt(version)))
    const checksum = JSON.parse(new TextDecoder().decode(await store.get(checksumPath(10)))) as Record<string, unknown>
    delete checksum['setTransactions']
    await store.put(checksumPath(10), new TextEncoder().encode(JSON.stringify(checksum)))
    expect((await open().state())?.txns.get('a')?.version).toBe(9n)
    await store.put(checksumPath(10), new TextEncoder().encode('{"tableSizeBy'))
    expect((await open().state())?.txns.get('a')?.version).toBe(9n)
  })

  test('are not written over a total that is not known', async () => {
    const { store, table, open } = await setUp()
    const forget: Action = { remove: { path: 'a-0.parquet', dataChange: true, deletionTimestamp: 1 } }
    await table.commit(append(0, 'a', 0n))
    await table.commit({ ...append(1, 'b', 1n), actions: [forget] })
    for (let version = 2; version < 10; version++) await table.commit(append(version, 'a', BigInt(version)))
    expect(await open().state()).toMatchObject({ version: 10, totals: undefined })
    expect(await store.get(checksumPath(10))).toBeUndefined()
  })
})

describe('sixteen appenders on one table', () => {
  test('lose nothing and double nothing, with answers lost, late and repeated', async () => {
    const random = new Random()
    const store = new MemoryStore()
    // Sleeping is a few turns of the event loop: rivals overtake one another, and no time passes.
    const clock: Clock = {
      now: () => 1_750_000_000_000,
      monotonic: () => 0,
      sleep: async () => {
        for (let i = random.below(20); i > 0; i--) await Promise.resolve()
      },
    }
    await new DeltaTable(store, { clock }).commit(createTable({ schema, createdTime: 0 }))
    const rounds = 12
    const faults = new Faults(() => random.next())
    const strike = (fault: Fault, chance: number) =>
      faults.add({ on: 'putIfAbsent', path: isCommit, times: 1e9, chance, fault })
    strike({ kind: 'loseAnswer' }, 0.1)
    strike({ kind: 'meetOwnWrite' }, 0.1)
    strike({ kind: 'fail', ambiguous: true }, 0.1)
    strike({ kind: 'fail' }, 0.05)
    strike({ kind: 'delay', ms: 5 }, 0.3)
    faults.add({ on: 'get', path: isCommit, times: 1e9, chance: 0.02, fault: { kind: 'delay', ms: 5 } })

    const writer = async (appId: string): Promise<CommitOutcome[]> => {
      const table = new DeltaTable(new FaultyStore(store, faults, clock), {
        clock,
        random: () => random.next(),
        maxAttempts: 1_000,
      })
      const outcomes: CommitOutcome[] = []
      for (let round = 0; round < rounds; round++) {
        const state = await table.state()
        outcomes.push(await table.commit(append(state?.version ?? -1, appId, BigInt(round))))
      }
      return outcomes
    }
    const names = Array.from({ length: 16 }, (_, i) => `app${i}`)
    const outcomes = (await Promise.all(names.map(writer))).flat()

    const message = seedNote
    expect(
      outcomes.map(outcome => outcome.kind),
      message,
    ).toEqual(outcomes.map(() => 'committed'))
    const versions = outcomes.map(outcome => outcome.version).sort((a, b) => a - b)
    expect(versions, message).toEqual(Array.from({ length: 16 * rounds }, (_, i) => i + 1))
    const wanted = names.flatMap(name => Array.from({ length: rounds }, (_, i) => `${name}-${i}.parquet`)).sort()
    const reader = new DeltaTable(store, { clock })
    expect(await pathsOf(reader), message).toEqual(wanted)
    const added: string[] = []
    for await (const { actions } of reader.commits(0))
      for (const action of actions) if ('add' in action) added.push(action.add.path)
    expect(added.sort(), message).toEqual(wanted)
    expect((await reader.state())?.totals, message).toEqual({
      numFiles: wanted.length,
      sizeInBytes: BigInt(wanted.length),
    })
    expect(faults.struck, message).toBeGreaterThan(16)
  })
})
