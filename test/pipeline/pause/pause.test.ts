import { describe, expect, test } from 'vitest'

import { catchUp, runGold, runMaintenance, runPipeline, runSilver } from '../../../shared/pipeline/index.js'
import { pauseStream, readPause, readPauses, resumeStream } from '../../../shared/pipeline/pause/index.js'
import { faultsOf, readStatus } from '../../../shared/pipeline/status/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { Random, seedNote } from '../../random.js'
import { BronzeFixture, range, span } from '../bronze/bronzeFixture.js'
import { Death } from '../death.js'
import { ok } from '../gold/goldFixture.js'
import { ingest, look, open, settings, tamper } from '../monitor/monitorFixture.js'

const ada = { by: 'ada', why: 'the topic moves' }
const pause = (f: BronzeFixture) => pauseStream(f.store, f.stream, ada)
const resume = (f: BronzeFixture) => resumeStream(f.store, f.stream)

/** Every object of the lake but the journal and the overview, which say what ran. */
async function objects(f: BronzeFixture): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { path } of f.store.list('')) if (!/^_(runs|overview)\//.test(path)) found.push(path)
  return found
}

describe('a paused stream', () => {
  test('takes no delivery and does nothing in any step but say so', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await pause(f)
    f.append(range(5, 9))
    const before = await objects(f)
    const reports = [await f.deliver(range(5, 9)), ...(await runSilver(f.lake, 'command'))]
    reports.push(...(await runGold(f.lake, 'timer')), ...(await catchUp(f.lake, 'timer')))
    reports.push(...(await runMaintenance(f.lake, 'timer')).filter(({ stream }) => stream !== undefined))
    expect(reports.map(({ step, outcome }) => [step, outcome])).toEqual(
      ['bronze', 'silver', 'gold', 'bronze', 'maintenance'].map(step => [step, 'paused']),
    )
    for (const { detail } of reports)
      expect(detail['paused']).toBe('paused since 2025-04-01T00:00:00Z by ada: the topic moves')
    expect(await objects(f)).toEqual(before)
    const { ok: isWell, steps } = await runPipeline(f.lake, 'http')
    expect([isWell, ...steps.map(({ outcome }) => outcome)]).toEqual([true, 'paused', 'paused', 'paused', 'committed'])
  })

  test('leaves the other streams alone', async () => {
    const other = (await open()).stream
    await using f = await open({ streams: [other, { ...other, name: 'orders' }] })
    f.append(range(0, 3))
    await pause(f)
    expect((await catchUp(f.lake, 'timer')).map(({ stream, outcome }) => [stream, outcome])).toEqual([
      ['events', 'paused'],
      ['orders', 'committed'],
    ])
  })

  test('has every offset once after it is resumed: what was passed is read again with the next delivery', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await pause(f)
    f.append(range(5, 20))
    for (const first of [5, 10]) expect(await f.deliver(range(first, first + 5))).toMatchObject({ outcome: 'paused' })
    await resume(f)
    f.append(range(20, 22))
    expect(await f.deliver(range(20, 22))).toMatchObject({ outcome: 'committed', rowsOut: 17 })
    expect(eachOffsetOnce(await f.lineage(), [span(22)])).toEqual([])
  })

  test('has them once, too, where nothing is delivered any more, or it was never ingested before', async () => {
    await using f = await open()
    await pause(f)
    f.append(range(0, 7))
    await f.deliver(range(0, 7))
    await resume(f)
    expect((await catchUp(f.lake, 'timer', { stalledForMs: 60_000 }))[0]).toMatchObject({ rowsOut: 7 })
    expect(eachOffsetOnce(await f.lineage(), [span(7)])).toEqual([])
  })

  test('stops a long catch-up at its next commit, and a resume goes on behind it', async () => {
    await using f = await open({ settings: { ...settings, BRONZE_MAX_COMMIT_ROWS: '10' } })
    f.append(range(0, 200))
    let commits = 0
    const onProgress = () => {
      if (++commits === 2) void pause(f)
    }
    const [stopped] = await catchUp(f.lake, 'command', { onProgress })
    expect(stopped).toMatchObject({ outcome: 'committed', more: true })
    expect(stopped?.rowsOut).toBeLessThan(100)
    await resume(f)
    await catchUp(f.lake, 'command')
    expect(eachOffsetOnce(await f.lineage(), [span(200)])).toEqual([])
  })

  test('stays paused when what says so is damaged', async () => {
    await using f = await open()
    await f.store.put('_paused/events.json', new TextEncoder().encode('{"since": 1e300, "by": 7'))
    expect(await f.deliver([])).toMatchObject({ outcome: 'paused' })
    expect(await resume(f)).toMatchObject({ by: 'somebody', since: 0 })
    expect(await readPause(f.store, f.stream)).toBeUndefined()
  })

  test('is not taken for one that is not paused while storage does not answer', async () => {
    const faults = new Faults()
    await using f = await open({ store: new FaultyStore(new MemoryStore(), faults) })
    await ingest(f, range(0, 3))
    faults.add({ on: 'get', path: path => path.startsWith('_paused/'), fault: { kind: 'fail', retryable: true } })
    f.append([3])
    await expect(f.deliver([3])).rejects.toMatchObject({ retryable: true })
    faults.add({ on: 'get', path: path => path.startsWith('_paused/'), fault: { kind: 'fail', retryable: true } })
    expect((await runSilver(f.lake, 'timer'))[0]).toMatchObject({ outcome: 'failed' })
  })
})

describe('pausing and resuming', () => {
  test('two at once pause once, and both learn of the same pause', async () => {
    await using f = await open()
    const found = await Promise.all(['ada', 'grace'].map(by => pauseStream(f.store, f.stream, { by, why: undefined })))
    expect(found.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(found[0]?.pause.by).toBe(found[1]?.pause.by)
    expect((await readPauses(f.store, [f.stream])).get('events')).toEqual(found[0]?.pause)
    expect((await Promise.all([resume(f), resume(f)])).every(one => one !== undefined)).toBe(true)
    expect(await resume(f)).toBeUndefined()
    expect((await readPauses(f.store, [f.stream])).size).toBe(0)
  })

  test('killed at their write, either way, is done or not done, and the next call does it', async () => {
    for (const takesEffect of [false, true]) {
      const store = new MemoryStore()
      const stream = { name: 'events' }
      const dying = () => new FaultyStore(store, new Death(0, takesEffect))
      await pauseStream(dying(), stream, ada).catch(() => undefined)
      expect((await readPause(store, stream)) !== undefined).toBe(takesEffect)
      expect((await pauseStream(store, stream, ada)).pause).toMatchObject(ada)
      await resumeStream(dying(), stream).catch(() => undefined)
      expect((await readPause(store, stream)) === undefined).toBe(takesEffect)
      await resumeStream(store, stream)
      expect(await readPause(store, stream)).toBeUndefined()
    }
  })

  test('an answer that was lost is known by what is there', async () => {
    const faults = new Faults()
    const store = new FaultyStore(new MemoryStore(), faults)
    faults.add({ on: 'putIfAbsent', fault: { kind: 'loseAnswer' } })
    expect(await pauseStream(store, { name: 'events' }, ada)).toMatchObject({ isNew: true })
  })

  test('a pause that meets another one, which ends before it is looked at, is made', async () => {
    const [inner, faults] = [new MemoryStore(), new Faults()]
    const stream = { name: 'events' }
    await pauseStream(inner, stream, { by: 'grace', why: undefined })
    const first = async () => {
      await resumeStream(inner, stream)
    }
    faults.add({ on: 'get', fault: { kind: 'interleave', first } })
    const made = await pauseStream(new FaultyStore(inner, faults), stream, ada)
    expect([made.isNew, (await readPause(inner, stream))?.by]).toEqual([true, 'ada'])
  })

  test('whenever it is paused, resumed, delivered, caught up and killed, every offset is there once', async () => {
    for (let round = 0; round < 6; round++) {
      const random = new Random()
      const store = new MemoryStore()
      await using f = await BronzeFixture.open({ store, partitions: 2 })
      let sent = 0
      for (let turn = 0; turn < 25; turn++) {
        const faults = new Faults(() => random.next())
        const on = ['get', 'put', 'putIfAbsent', 'list', 'delete'] as const
        if (random.below(3) === 0)
          faults.add({ on, fault: { kind: 'loseAnswer' }, chance: 0.1, times: Infinity }).add({
            on,
            fault: { kind: 'fail', retryable: false },
            chance: 0.1,
            times: Infinity,
          })
        const one = await f.another({ store: new FaultyStore(store, faults) })
        const [partition, count] = [random.below(2), 1 + random.below(6)]
        const end = Number((await f.source.offsets('events'))[partition]?.end ?? 0n)
        f.append(range(sent, sent + count), partition)
        sent += count
        const acts = [
          pause,
          resume,
          () => one.deliver(range(end, end + count), partition),
          () => catchUp(one.lake, 'timer'),
        ]
        await Promise.allSettled(acts.filter(() => random.below(2) === 0).map(act => act(one)))
      }
      await resume(f)
      ok(await catchUp(f.lake, 'command'))
      const spans = (await f.source.offsets('events')).map(({ partition, end }) => span(Number(end), partition))
      expect(eachOffsetOnce(await f.lineage(), spans), seedNote).toEqual([])
    }
  })
})

describe('the monitor of a paused stream', () => {
  test('says PAUSED where it would say STALE, with what waits and what is gone; and STALE again after the resume', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await pause(f)
    f.append(range(5, 15))
    f.clock.advance(3 * 3_600_000)
    f.source.deleteRecords('events', 0, 8n)
    const paused = await look(f)
    for (const layer of ['bronze', 'silver', 'gold', 'summary'])
      expect(paused[layer]).toMatchObject({ status: 'PAUSED', paused: true })
    expect(paused['bronze']?.['reason']).toBe(
      'Paused since 2025-04-01T00:00:00Z by ada: the topic moves. 10 offsets wait in Kafka. 3 of them are not there any more, and will be missing.',
    )
    await resume(f)
    const resumed = await look(f)
    expect(resumed['bronze']).toMatchObject({ status: 'STALE', paused: false, lag: 10n })
    // What waited through the pause has not been waiting to be drained.
    expect(resumed['bronze']?.['reason']).not.toContain('do not drain')
  })

  test('says DEGRADED all the same where rows are lost, and does not miss a Kafka that is away', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await pause(f)
    f.source.survey = () => Promise.reject(new Error('away'))
    expect((await look(f))['bronze']).toMatchObject({ status: 'PAUSED', lag: null })
    await tamper(f, 'lose')
    expect((await look(f))['bronze']).toMatchObject({ status: 'DEGRADED', paused: true, identity_closed: false })
  })

  test('lake status shows a pause, and its end, before the monitor looks again; neither is a fault', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    ok(await runGold(f.lake, 'timer'))
    await look(f)
    const status = () => readStatus(f.lake, f.lake.streams)
    await pause(f)
    const paused = await status()
    expect(paused.tables.map(table => [table.status, table.repair])).toEqual(
      paused.tables.map(() => ['PAUSED', 'lake resume events']),
    )
    expect(paused.tables[0]?.reason).toMatch(/^Paused since .* by ada: the topic moves\. The newest event is/)
    expect(faultsOf(paused)).toEqual([])
    await look(f)
    expect((await status()).tables.every(table => table.status === 'PAUSED')).toBe(true)
    await resume(f)
    const resumed = await status()
    expect(resumed.tables.map(table => table.status)).toEqual(resumed.tables.map(() => 'LATE'))
    expect(resumed.tables[0]?.reason).toContain('is resumed since')
    expect(faultsOf(resumed)).toEqual([])
  })
})
