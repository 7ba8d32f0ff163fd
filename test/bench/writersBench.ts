import { type Action, createTable, DeltaTable, type TableState } from '../../shared/delta/index.js'
import { MemoryStore } from '../../shared/storage/index.js'
import { SimulatedClock } from '../chaos/simulatedClock.js'
import { Random } from '../random.js'
import { SlowStore } from './slowStore.js'

/** How many write to one table, how slow its storage is, and what they write. */
export interface WritersLoad {
  readonly writers: number
  readonly latencyMs: number
  /** Partitions of the topic, dealt to the writers. */
  readonly partitions: number
  /** Milliseconds of simulated time. */
  readonly durationMs: number
  /** Milliseconds of collecting records before each commit; none: as often as the log lets them. */
  readonly pauseMs: number
  /** Milliseconds between two deals of the partitions; never when absent. */
  readonly dealMs?: number
}

/** What came of it. */
export interface WritersFigures {
  readonly commitsPerSecond: number
  /** Versions that others were faster to write, for each commit. */
  readonly lostRaces: number
  /** Commits planned again because another had covered the same partition. */
  readonly replanned: number
  /** Commits given up, to be made again by whoever called. */
  readonly givenUp: number
  /** Milliseconds from a file written until its commit. */
  readonly p50: number
  readonly p99: number
  /** Commits of the writer with the fewest for each of the one with the most. */
  readonly slowestToFastest: number
  /** Jain's index of commits a writer: 1 when all have as many. */
  readonly jain: number
  /** Offsets lost or covered twice. */
  readonly wrong: number
}

/**
 * Blind appends of many instances to one table with the code of the product's transactions, each moving the partitions
 * that it owns, in simulated time: figures depend on storage's latency, not on this machine.
 */
export async function writersBench(load: WritersLoad, seed = 1): Promise<WritersFigures> {
  const clock = new SimulatedClock()
  const random = new Random(seed)
  const memory = new MemoryStore(clock)
  await new DeltaTable(memory, { clock }).commit(
    createTable({ schema: { type: 'struct', fields: [] }, createdTime: clock.now() }),
  )
  const end = clock.now() + load.durationMs
  let owners = dealt(load, random)
  const tallies = Array.from({ length: load.writers }, () => new Tally())
  const write = async (writer: number) => {
    // A quarter more or less, as a network is.
    const ms = () => load.latencyMs * (0.75 + random.next() / 2)
    const table = new DeltaTable(new SlowStore(memory, clock, ms), { clock, random: () => random.next() })
    await clock.sleep(random.next() * (load.pauseMs + load.latencyMs))
    while (clock.now() < end) {
      await clock.sleep(load.pauseMs)
      const own = owners.flatMap((owner, partition) => (owner === writer ? [partition] : []))
      await commitOnce(table, tallies[writer] as Tally, clock, own)
    }
  }
  const deal = async () => {
    while (load.dealMs !== undefined && clock.now() < end) {
      await clock.sleep(load.dealMs)
      owners = dealt(load, random)
    }
  }
  await clock.run(Promise.all([deal(), ...tallies.map((_, writer) => write(writer))]))
  return figuresOf(load, tallies, await wrongs(new DeltaTable(memory, { clock })))
}

class Tally {
  readonly tookMs: number[] = []
  lostRaces = 0
  replanned = 0
  givenUp = 0
}

const appId = (partition: number) => `topic/${partition}`

/** A file is written, and the next offset of each partition is covered by the commit that names it; until it is done. */
async function commitOnce(
  table: DeltaTable,
  tally: Tally,
  clock: SimulatedClock,
  own: readonly number[],
): Promise<void> {
  for (let plan = 1; ; plan++) {
    const state = (await table.state({ fresh: plan > 1 })) as TableState
    const path = `part-${clock.monotonic()}-${own[0] ?? 0}-${plan}.parquet`
    await table.store.put(path, new Uint8Array(1))
    const start = clock.now()
    const actions: Action[] = own.map(partition => {
      const covered = state.txns.get(appId(partition))?.version ?? -1n
      return { txn: { appId: appId(partition), version: covered + 1n, lastUpdated: start } }
    })
    const ids = new Set(own.map(appId))
    const add = { path, size: 1, partitionValues: {}, modificationTime: start, dataChange: true }
    const outcome = await table.commit({
      readVersion: state.version,
      actions: [...actions, { add }],
      operation: 'STREAMING UPDATE',
      isBlindAppend: true,
      reads: { files: 'none', appIds: id => ids.has(id) },
    })
    if (outcome.kind === 'committed') {
      tally.tookMs.push(clock.now() - start)
      tally.lostRaces += outcome.attempts - 1
      return
    }
    if (outcome.reason === 'tooManyAttempts') tally.givenUp++
    else tally.replanned++
  }
}

function dealt({ partitions, writers }: WritersLoad, random: Random): readonly number[] {
  const turn = random.below(writers)
  return Array.from({ length: partitions }, (_, partition) => (partition + turn) % writers)
}

/** Every commit covers the offset behind the one that was covered: what it does not was lost, or taken twice. */
async function wrongs(table: DeltaTable): Promise<number> {
  const covered = new Map<string, bigint>()
  let wrong = 0
  for await (const { actions } of table.commits(0)) {
    for (const action of actions) {
      if (!('txn' in action)) continue
      if (action.txn.version !== (covered.get(action.txn.appId) ?? -1n) + 1n) wrong++
      covered.set(action.txn.appId, action.txn.version)
    }
  }
  return wrong
}

function figuresOf(load: WritersLoad, tallies: readonly Tally[], wrong: number): WritersFigures {
  const took = tallies.flatMap(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const counts = tallies.map(({ tookMs }) => tookMs.length)
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0)
  const squares = counts.reduce((total, count) => total + count * count, 0)
  const at = (part: number) => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? NaN
  return {
    commitsPerSecond: (took.length * 1000) / load.durationMs,
    lostRaces: sum(({ lostRaces }) => lostRaces) / took.length,
    replanned: sum(({ replanned }) => replanned),
    givenUp: sum(({ givenUp }) => givenUp),
    p50: at(0.5),
    p99: at(0.99),
    slowestToFastest: Math.min(...counts) / Math.max(...counts),
    jain: took.length ** 2 / (counts.length * squares),
    wrong,
  }
}
