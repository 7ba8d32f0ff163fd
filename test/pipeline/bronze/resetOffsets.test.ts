import { describe, expect, test } from 'vitest'

import { bronzePath } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import { allProgress, progressTxns, touchesPartitions } from '../../../shared/pipeline/bronze/progress.js'
import { planReset, resetOffsets } from '../../../shared/pipeline/bronze/resetOffsets.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture } from './bronzeFixture.js'

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

/** Ten records in each of two partitions, ingested; then the topic is recreated with three other records in each. */
async function recreated(): Promise<BronzeFixture> {
  const f = await BronzeFixture.open({ partitions: 2 })
  for (const partition of [0, 1]) f.append(numbers(partition * 100, 10), partition)
  await catchUp(f.lake, 'command')
  f.source.recreateTopic(f.stream.topic)
  for (const partition of [0, 1]) f.append(numbers(1000 + partition * 100, 3), partition)
  return f
}

async function everyProgress(f: BronzeFixture) {
  const state = await f.lake.table(bronzePath(f.stream)).state({ fresh: true })
  return state === undefined ? [] : allProgress(state.metadata.id, f.stream.topic, state.txns)
}

describe('resetting offsets', () => {
  test('a recreated topic stops, and goes on in a generation of its own after the reset', async () => {
    await using f = await recreated()
    const stopped = await catchUp(f.lake, 'command')
    expect(stopped[0]).toMatchObject({ outcome: 'failed', error: { code: 'TOPIC_RECREATED' } })
    const before = (await everyProgress(f)).filter(p => p.generation === 0)

    const { plan } = await resetOffsets(f.lake, f.stream)
    expect(plan.resets.map(r => [r.partition, r.before.covered, r.after.generation, r.after.start, r.end])).toEqual([
      [0, 9n, 1, 0n, 3n],
      [1, 9n, 1, 0n, 3n],
    ])
    expect(plan.resets.every(r => r.stopped !== undefined)).toBe(true)
    expect((await catchUp(f.lake, 'command'))[0]).toMatchObject({ outcome: 'committed', rowsOut: 6 })

    const { topic } = f.stream
    const span = (partition: number, generation: number, end: bigint) => ({
      topic,
      partition,
      generation,
      start: 0n,
      end,
    })
    expect(
      eachOffsetOnce(await f.lineage(), [span(0, 0, 10n), span(1, 0, 10n), span(0, 1, 3n), span(1, 1, 3n)]),
    ).toEqual([])
    expect((await everyProgress(f)).filter(p => p.generation === 0)).toEqual(before)
  })

  test('begins where the log begins now, and counts nothing below it as missing', async () => {
    await using f = await recreated()
    f.source.deleteRecords(f.stream.topic, 1, 2n)
    await resetOffsets(f.lake, f.stream)
    await catchUp(f.lake, 'command')
    const progress = (await f.progress()).get(1)
    expect(progress).toMatchObject({ generation: 1, start: 2n, covered: 2n, missing: 0n, holes: 0n })
  })

  test('a writer of the old generation that is at work loses its commit', async () => {
    await using f = await BronzeFixture.open({ partitions: 1 })
    f.append(numbers(0, 10))
    await catchUp(f.lake, 'command')
    const other = await f.another()
    const table = other.lake.table(bronzePath(f.stream))
    const state = await table.state({ fresh: true })
    const known = (await other.progress()).get(0)
    if (state === undefined || known === undefined) throw new Error('nothing was ingested')

    await resetOffsets(f.lake, f.stream)
    const txns = progressTxns(state.metadata.id, f.stream.topic, known, { ...known, covered: 20n })
    const outcome = await table.commit({
      readVersion: state.version,
      actions: txns.map(txn => ({ txn })),
      operation: 'STREAMING UPDATE',
      isBlindAppend: true,
      reads: { files: 'none', appIds: touchesPartitions(state.metadata.id, f.stream.topic, new Set([0])) },
    })
    expect(outcome).toMatchObject({ kind: 'conflict', reason: 'concurrentTransaction' })
    expect((await f.progress()).get(0)).toMatchObject({ generation: 1, covered: -1n })
  })

  test('what was read before a reset is not committed after it, although its offsets would follow on', async () => {
    await using f = await BronzeFixture.open({ partitions: 1 })
    f.append(numbers(0, 10))
    await catchUp(f.lake, 'command')
    f.source.deleteRecords(f.stream.topic, 0, 10n)
    f.append(numbers(10, 3))
    const other = await f.another()
    const read = f.source.read.bind(f.source)
    let resets = 0
    f.source.read = async function* (...args) {
      if (args[1].end === 13n && resets++ === 0) {
        // The new generation begins where the old one was to go on.
        expect((await resetOffsets(other.lake, f.stream)).plan.resets[0]?.after).toMatchObject({
          generation: 1,
          start: 10n,
        })
      }
      yield* read(...args)
    }
    expect((await catchUp(f.lake, 'command')).map(({ error }) => error)).toEqual([undefined])
    expect(resets).toBeGreaterThan(0)
    await catchUp(f.lake, 'command')
    const span = (generation: number, start: bigint, end: bigint) => ({
      topic: f.stream.topic,
      partition: 0,
      generation,
      start,
      end,
    })
    expect(eachOffsetOnce(await f.lineage(), [span(0, 0n, 10n), span(1, 10n, 13n)])).toEqual([])
  })

  test('a second reset that was agreed to on the same plan does nothing, or every record would be there twice', async () => {
    await using f = await recreated()
    const plan = await planReset(f.lake, f.stream)
    await resetOffsets(f.lake, f.stream, plan)
    const version = await f.version()
    await expect(resetOffsets(f.lake, f.stream, plan)).rejects.toMatchObject({ code: 'CONTENDED' })
    expect(await f.version()).toBe(version)
  })

  test('planning changes nothing; partitions that were never ingested are left alone', async () => {
    await using f = await recreated()
    f.source.addPartitions(f.stream.topic, 1)
    const version = await f.version()
    const plan = await planReset(f.lake, f.stream)
    expect(await f.version()).toBe(version)
    expect(plan.untouched).toEqual([2])
    await resetOffsets(f.lake, f.stream, plan)
    expect([...(await f.progress()).keys()].sort()).toEqual([0, 1])
  })

  test('a healthy partition is distinguished from a stopped one', async () => {
    await using f = await BronzeFixture.open({ partitions: 1 })
    f.append(numbers(0, 3))
    await catchUp(f.lake, 'command')
    expect((await planReset(f.lake, f.stream)).resets[0]?.stopped).toBeUndefined()
  })

  test('without a table there is nothing to reset', async () => {
    await using f = await BronzeFixture.open()
    await expect(planReset(f.lake, f.stream)).rejects.toMatchObject({ code: 'NO_TABLE' })
  })
})
