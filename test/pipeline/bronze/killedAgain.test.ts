import { expect, test } from 'vitest'

import { catchUp } from '../../../shared/pipeline/bronze/index.js'
import type { MemorySource } from '../../../shared/sources/memory/index.js'
import { type Fault, Faults, FaultyStore } from '../../../shared/storage/faults/index.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { Random, seedNote } from '../../random.js'
import { BronzeFixture, range, span } from './bronzeFixture.js'

/** A process that has so many records to read until it is ended; nothing that it does later reaches the store. */
class Life extends Faults {
  left: number

  constructor(records: number) {
    super()
    this.left = records
  }

  override take(): Fault | undefined {
    return this.left <= 0 ? { kind: 'fail', retryable: false } : undefined
  }
}

/** The same topic as long as the process lives. */
function mortalSource(source: MemorySource, life: Life): MemorySource {
  const read = async function* (...args: Parameters<MemorySource['read']>) {
    for await (const batch of source.read(...args)) {
      // As a broker's answer: what the process does besides gets its turn.
      await new Promise(resolve => setImmediate(resolve))
      life.left -= batch.records.length
      if (life.left <= 0) throw new Error('ended')
      yield batch
    }
  }
  return new Proxy(source, {
    get: (of, name) => {
      if (name === 'read') return read
      // The topic outlives whoever reads it.
      if (name === 'close') return () => Promise.resolve()
      const value: unknown = Reflect.get(of, name)
      return typeof value === 'function' ? (value.bind(of) as unknown) : value
    },
  })
}

test('a process that is ended again and again before it has read a chunk ends its backlog all the same, each record once', async () => {
  const random = new Random()
  await using f = await BronzeFixture.open({ partitions: 3 })
  const rows = [24_000, 9_000, 500]
  for (const [partition, count] of rows.entries()) f.append(range(0, count), partition)
  const all = rows.reduce((sum, count) => sum + count, 0)
  let lives = 0
  let stood = 0
  let covered = 0
  while (covered < all && stood < 3) {
    const life = new Life(3_000 + random.below(5_000))
    const dying = await BronzeFixture.open({
      store: new FaultyStore(f.store, life),
      source: mortalSource(f.source, life),
      clock: f.clock,
    })
    await catchUp(dying.lake, 'command').catch(() => undefined)
    await dying.lake.close().catch(() => undefined)
    lives++
    const now = (await f.lineage()).length
    stood = now > covered ? 0 : stood + 1
    covered = now
  }
  expect({ covered, lives: lives > 4 }, seedNote).toEqual({ covered: all, lives: true })
  expect(
    eachOffsetOnce(
      await f.lineage(),
      rows.map((count, partition) => span(count, partition)),
    ),
    seedNote,
  ).toEqual([])
})
