import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { createTopics } from '../../../infra/local/index.js'
import { startBroker } from '../../../infra/local/kafka/index.js'
import { openSource } from '../../../shared/sources/index.js'
import { distinctKeys } from '../keyOwner.js'
import { type Freshness, freshnessOf } from './freshness.js'
import { type OffsetRange, requireEachOffsetOnce } from './offsetCheck.js'
import { type Engine, type Peer, type PeerCost, peersOf } from './peer.js'
import { type PeersHome, preparePeers } from './peersHome.js'
import { fillTopic, sendSteadily } from './peersLoad.js'

/** What one of them took. */
export interface PeerFigures {
  readonly name: string
  /** The middle one of several runs by rows a second. */
  readonly ingest: PeerCost
  /** Bytes of data files, of a row. */
  readonly bytesPerRow: number
  /** Absent for a second way to ingest. */
  readonly refine: PeerCost | undefined
  readonly freshness: Freshness | undefined
}

/** What is compared, and how large. */
export interface PeersOptions {
  readonly rows: number
  readonly only: readonly Engine[]
  /** Runs of each, turn by turn. */
  readonly rounds: number
  /** Events a second, and seconds before those that count, and of those. */
  readonly live: { readonly rate: number; readonly before: number; readonly seconds: number }
}

/** All figures, and the Python that they were measured with. */
export interface PeersReport {
  readonly options: PeersOptions
  readonly home: PeersHome | undefined
  readonly peers: readonly PeerFigures[]
}

const topic = 'events'

/**
 * The same topic (4 partitions, lz4) into a table of each peer's on the local disk, each in a process of its own, turn by
 * turn; every table must have each offset once. Then bronze deduplicated and clustered, and how fresh events are at a
 * steady rate.
 */
export async function peersBench(options: PeersOptions): Promise<PeersReport> {
  const home = options.only.every(engine => engine === 'ours') ? undefined : await preparePeers()
  const peers = peersOf(options.only, home)
  const folder = await mkdtemp(join(tmpdir(), 'peers-bench-'))
  try {
    const ingested = await ingestAll(folder, peers, options)
    const refined = new Map<string, PeerCost>()
    for (const one of peers.filter(({ isFirst }) => isFirst))
      refined.set(one.name, await refine(folder, one, options.rows))
    const fresh = new Map<string, Freshness>()
    for (const one of peers.filter(({ isFirst }) => isFirst)) fresh.set(one.name, await follow(folder, one, options))
    return {
      options,
      home,
      peers: ingested.map(figures => ({
        ...figures,
        refine: refined.get(figures.name),
        freshness: fresh.get(figures.name),
      })),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function ingestAll(folder: string, peers: readonly Peer[], { rows, rounds }: PeersOptions) {
  return withBroker(folder, async brokers => {
    await fillTopic(brokers, topic, rows)
    const ranges = await offsetsOf(brokers)
    const costs = peers.map((): PeerCost[] => [])
    const bytes = peers.map(() => 0)
    for (let round = 0; round < rounds; round++) {
      for (const [i, one] of peers.entries()) {
        const own = join(folder, one.name)
        await rm(own, { recursive: true, force: true })
        const table = join(own, one.bronze)
        await mkdir(dirname(table), { recursive: true })
        costs[i]?.push(told(one.name, await one.run({ work: 'ingest', brokers, topic, table, rows })))
        await requireEachOffsetOnce(table, ranges)
        bytes[i] = await dataBytes(table)
      }
    }
    return peers.map(({ name }, i) => ({ name, ingest: middleOf(costs[i] ?? []), bytesPerRow: (bytes[i] ?? 0) / rows }))
  })
}

/** The run in the middle by speed. */
function middleOf(costs: readonly PeerCost[]): PeerCost {
  const speed = ({ measuredRows, seconds }: PeerCost) => measuredRows / seconds
  const middle = [...costs].sort((a, b) => speed(a) - speed(b))[costs.length >> 1]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}

async function refine(folder: string, one: Peer, rows: number): Promise<PeerCost> {
  const own = join(folder, one.name)
  await mkdir(dirname(join(own, one.silver)), { recursive: true })
  const cost = await one.run({ work: 'refine', table: join(own, one.bronze), silver: join(own, one.silver) })
  const wanted = distinctKeys(rows)
  if (cost.rows !== wanted) throw new Error(`${one.name}: ${cost.rows} rows of ${wanted} keys`)
  return told(one.name, cost)
}

/** A broker of its own each time: what one has not read is not another's. */
async function follow(folder: string, one: Peer, { live }: PeersOptions): Promise<Freshness> {
  const table = join(folder, `${one.name} live`, one.bronze)
  await mkdir(dirname(table), { recursive: true })
  return withBroker(folder, async brokers => {
    const end = await one.follow({ work: 'follow', brokers, topic, table })
    await sendSteadily(brokers, topic, live.rate, live.before)
    const from = Date.now()
    await sendSteadily(brokers, topic, live.rate, live.seconds)
    const to = Date.now()
    try {
      await untilEachOffsetOnce(table, await offsetsOf(brokers))
    } finally {
      await end()
    }
    return told(one.name, await freshnessOf(table, from, to))
  })
}

/** As {@link requireEachOffsetOnce}, but has patience with a table that is still written. */
async function untilEachOffsetOnce(table: string, ranges: readonly OffsetRange[]): Promise<void> {
  for (let left = patienceSeconds; ; left -= beatSeconds) {
    await new Promise(resolve => setTimeout(resolve, 1_000 * beatSeconds))
    try {
      await requireEachOffsetOnce(table, ranges)
      return
    } catch (error) {
      if (left <= 0) throw error
    }
  }
}

const patienceSeconds = 300
const beatSeconds = 5

/** Something to look at meanwhile. */
function told<T>(name: string, figure: T): T {
  process.stderr.write(`  ${name}: ${JSON.stringify(figure)}\n`)
  return figure
}

async function offsetsOf(brokers: string): Promise<readonly OffsetRange[]> {
  const source = openSource({ kind: 'kafka', kafka: { brokers: [brokers] } })
  try {
    return await source.offsets(topic)
  } finally {
    await source.close()
  }
}

async function withBroker<T>(folder: string, work: (brokers: string) => Promise<T>): Promise<T> {
  const stateFolder = join(folder, 'kafka')
  const broker = await startBroker({ stateFolder })
  try {
    await createTopics(broker.brokers, [topic])
    return await work(broker.brokers)
  } finally {
    await broker.stop()
    await rm(stateFolder, { recursive: true, force: true })
  }
}

async function dataBytes(table: string): Promise<number> {
  let sum = 0
  for (const entry of await readdir(table, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith('.parquet') && !entry.parentPath.includes('_delta_log'))
      sum += (await stat(join(entry.parentPath, entry.name))).size
  return sum
}
