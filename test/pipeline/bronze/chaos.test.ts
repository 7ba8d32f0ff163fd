import { describe, expect, test } from 'vitest'

import { isRetryable } from '../../../shared/errors.js'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/index.js'
import type { SourceRecord } from '../../../shared/sources/index.js'
import { Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { MemoryStore } from '../../../shared/storage/index.js'
import { eachOffsetOnce, identityClosed } from '../../harness/invariants.js'
import { Random, seedNote, testSeed } from '../../random.js'
import { BronzeFixture, eventRecord, range } from './bronzeFixture.js'

const partitions = 3

/** A topic that keeps changing, and what it has ever held. */
class Topic {
  readonly holes = range(0, partitions).map(() => new Set<number>())
  readonly #f: BronzeFixture
  readonly #int: (below: number) => number
  #n = 0

  constructor(f: BronzeFixture, int: (below: number) => number) {
    this.#f = f
    this.#int = int
  }

  async grow(): Promise<void> {
    const partition = this.#int(partitions)
    const { source } = this.#f
    const end = Number((await source.offsets('events'))[partition]?.end)
    const kind = this.#int(10)
    const records = range(0, 1 + this.#int(15)).map(() => this.#record(partition))
    if (kind > 1) {
      source.append('events', records)
      return
    }
    const transaction = source.begin()
    transaction.append('events', records)
    if (kind === 0) transaction.commit()
    else {
      transaction.abort()
      for (const n of range(end, end + records.length)) this.holes[partition]?.add(n)
    }
    this.holes[partition]?.add(end + records.length)
  }

  #record(partition: number) {
    const kind = this.#int(20)
    const good = { ...eventRecord(this.#n++), partition }
    return kind === 0 ? { ...good, value: null } : kind === 1 ? { ...good, value: Buffer.from('{broken') } : good
  }
}

describe('chaos', () => {
  test.each(range(0, 8))(
    'whatever is delivered, fails or races, every offset is there once and the identity closes (%i)',
    async n => {
      const numbers = new Random(testSeed + n)
      const random = () => numbers.next()
      const int = (below: number) => numbers.below(below)
      const memory = new MemoryStore()
      const settings = { BRONZE_MAX_COMMIT_ROWS: String(5 + int(40)), KAFKA_MAX_POLL_INTERVAL_MS: '600000' }
      await using base = await BronzeFixture.open({ store: memory, partitions, settings })
      const topic = new Topic(base, int)
      const plans = range(0, 3).map(() => new Faults(random))
      const instances: BronzeFixture[] = []
      for (const faults of plans)
        instances.push(await base.another({ store: new FaultyStore(memory, faults), settings }))

      /** A delivery as it left the broker: what happens to the log from here on does not change it. */
      const compose = async () => {
        const records: SourceRecord[] = []
        const reread: { partition: number; offset: bigint }[] = []
        for (const { partition, start, end } of await base.source.offsets('events')) {
          if (random() < 0.4 || end === start) continue
          const first = Number(start) + int(Number(end - start))
          const last = Math.min(Number(end), first + 1 + int(25))
          for (const record of await base.fetch(range(first, last), partition)) {
            if (random() < 0.1) continue
            if (random() < 0.05) reread.push({ partition, offset: record.offset })
            else for (let n = random() < 0.1 ? 2 : 1; n > 0; n--) records.push(record)
          }
        }
        if (random() < 0.3) records.reverse()
        return { records, reread }
      }
      /** Now and then retention takes the oldest records, read or not, at any moment. */
      const retain = async () => {
        if (random() > 0.2) return
        for (let n = int(200); n > 0; n--) await Promise.resolve()
        const log = numbers.pick(await base.source.offsets('events'))
        base.source.deleteRecords('events', log.partition, log.start + BigInt(int(Number(log.end - log.start) + 1)))
      }
      const surprises: unknown[] = []
      const tolerate = async (work: Promise<unknown>) => {
        await work.catch((error: unknown) => {
          if (!isRetryable(error)) surprises.push(error)
        })
      }

      for (let round = 0; round < 25; round++) {
        for (let n = int(3); n >= 0; n--) await topic.grow()
        for (const faults of plans) {
          faults.clear()
          if (random() < 0.5)
            faults.add({
              on: ['putIfAbsent', 'put', 'close', 'get', 'list'],
              chance: 0.15,
              times: 2,
              fault: { kind: numbers.pick(['fail', 'loseAnswer'] as const) },
            })
          if (random() < 0.3) faults.add({ on: 'putIfAbsent', chance: 0.3, fault: { kind: 'meetOwnWrite' } })
          if (random() < 0.1)
            faults.add({ on: ['putIfAbsent', 'close'], after: int(3), times: 1_000, fault: { kind: 'fail' } })
        }
        const works: (() => Promise<unknown>)[] = [retain]
        for (const f of instances) {
          const delivery = await compose()
          const stalledForMs = int(2) * 1_000
          works.push(
            random() < 0.25 ? () => reported(f, stalledForMs) : () => ingestBatch(f.lake, f.stream, delivery, 'kafka'),
          )
        }
        await Promise.all(works.map(work => tolerate(work())))
        base.clock.advance(500)
      }
      for (const faults of plans) faults.clear()
      expect(
        (await reported(base, 0)).map(report => report.error),
        seedNote,
      ).toEqual([undefined])
      expect(surprises, seedNote).toEqual([])

      const logs = await base.source.offsets('events')
      const missing = (await base.reported()).flatMap(t => t.missing)
      for (const { partition, end } of missing)
        expect(BigInt(end ?? 0), seedNote).toBeLessThanOrEqual(logs.find(l => l.partition === partition)?.start ?? 0n)
      const progressOf = await base.progress()
      const spans = logs.map(({ partition, end }) => {
        const gone = missing
          .filter(m => m['partition'] === partition)
          .flatMap(m => range(m['start'] ?? 0, m['end'] ?? 0))
        const absent = [...new Set([...(topic.holes[partition] ?? []), ...gone])].map(BigInt)
        return { topic: 'events', partition, start: progressOf.get(partition)?.start ?? end, end, absent }
      })
      expect(eachOffsetOnce(await base.lineage(), spans), seedNote).toEqual([])
      const ranges = (await base.reported()).flatMap(t => t.ranges)
      const said = (name: string) => ranges.reduce((sum, r) => sum + BigInt(r[name] ?? 0), 0n)
      const progress = [...progressOf.values()]
      const accounts = {
        received: said('received'),
        redelivered: said('redelivered'),
        valid: said('valid'),
        quarantined: said('quarantined'),
        tombstones: said('tombstones'),
        span: progress.reduce((sum, p) => sum + p.covered - p.start + 1n, 0n),
        bronzeRows: BigInt((await base.rows()).length),
        missing: progress.reduce((sum, p) => sum + p.missing, 0n),
        holes: progress.reduce((sum, p) => sum + p.holes, 0n),
      }
      expect(identityClosed(accounts), seedNote).toEqual([])
      expect(accounts.missing, seedNote).toBe(said('missing'))
      expect(accounts.holes, seedNote).toBe(said('holes'))
      expect(Math.max(0, ...(await base.reported()).map(t => t.rows)), seedNote).toBeLessThanOrEqual(
        Number(settings.BRONZE_MAX_COMMIT_ROWS),
      )
    },
  )
})

async function reported(f: BronzeFixture, stalledForMs: number) {
  const reports = await catchUp(f.lake, 'timer', { stalledForMs })
  for (const { error } of reports) if (error?.retryable === false) throw new Error(`${error.code}: ${error.message}`)
  return reports
}
