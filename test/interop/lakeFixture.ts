import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { ManualClock } from '../../shared/clock.js'
import type { Stream } from '../../shared/contract/index.js'
import { DeltaTable } from '../../shared/delta/index.js'
import { runPipeline } from '../../shared/pipeline/index.js'
import { type Lake, openLake } from '../../shared/pipeline/lake/index.js'
import type { StepReport } from '../../shared/pipeline/step/index.js'
import { readSettings } from '../../shared/settings/index.js'
import type { ProducedRecord, Source } from '../../shared/sources/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { openStore } from '../../shared/storage/index.js'
import { day0 } from './streams.js'

/** A lake in a temporary folder, fed by topics in memory; nothing of the pipeline is replaced but the broker. */
export class LakeFixture implements AsyncDisposable {
  readonly #folders: string[] = []
  readonly #clock = new ManualClock(day0 + 3_600_000)
  readonly #source = new MemorySource({ now: () => this.#clock.now() })
  readonly #topics = new Set<string>()
  #folder = ''

  static async create(): Promise<LakeFixture> {
    const fixture = new LakeFixture()
    fixture.#folder = await fixture.#newFolder()
    return fixture
  }

  /** Where the table is on the disk. */
  folder(path: string): string {
    return join(this.#folder, path)
  }

  /** Every table in the lake, as a folder in it. */
  async paths(): Promise<readonly string[]> {
    const folders = await readdir(this.#folder, { recursive: true })
    return folders.flatMap(name => (basename(name) === '_delta_log' ? [dirname(name)] : [])).sort()
  }

  /** Appends records to a stream's topic, which has two partitions. */
  append(stream: Stream, records: readonly ProducedRecord[]): void {
    if (!this.#topics.has(stream.topic)) this.#source.createTopic(stream.topic, 2)
    this.#topics.add(stream.topic)
    this.#source.append(
      stream.topic,
      records.map((r, i) => ({ ...r, partition: i % 2 })),
    )
  }

  /** A process that runs the pipeline once. Throws what went wrong in any step. */
  async run(streams: readonly Stream[]): Promise<void> {
    this.#clock.advance(60_000)
    const lake = await this.#open(streams)
    try {
      const { steps } = await runPipeline(lake, 'command')
      throwFailed(steps)
    } finally {
      await lake.close()
    }
  }

  /** The table as this project has it, for what a test itself does to it. */
  async table(path: string): Promise<DeltaTable> {
    return new DeltaTable(await openStore(pathToFileURL(this.folder(path)).href), { clock: this.#clock })
  }

  /** Writes a checkpoint of each table. */
  async checkpoint(paths: readonly string[]): Promise<void> {
    for (const path of paths) await (await this.table(path)).writeCheckpoint()
  }

  /** A copy of the table whose log begins at its checkpoint, as clean-up leaves it: commits before it are gone. */
  async withoutOldCommits(path: string): Promise<string> {
    const copy = join(await this.#newFolder(), 'table')
    await cp(this.folder(path), copy, { recursive: true })
    const log = join(copy, '_delta_log')
    const names = await readdir(log)
    const checkpoint = names
      .flatMap(name => /^(\d{20})\.checkpoint\.parquet$/.exec(name)?.[1] ?? [])
      .sort()
      .at(-1)
    if (checkpoint === undefined) throw new Error(`${path} has no checkpoint`)
    const old = names.filter(name => /^\d{20}\.(json|crc)$/.test(name) && name.slice(0, 20) < checkpoint)
    for (const name of old) await rm(join(log, name))
    return copy
  }

  async #newFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'lake-'))
    this.#folders.push(folder)
    return folder
  }

  async #open(streams: readonly Stream[]): Promise<Lake> {
    const lakeUrl = pathToFileURL(this.#folder).href
    const settings = readSettings({ LAKE_URL: lakeUrl, DUCKDB_MEMORY_LIMIT: '256MB' })
    return openLake(settings, {
      store: await openStore(lakeUrl),
      source: lasting(this.#source),
      streams,
      clock: this.#clock,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true })
  }
}

/** The broker outlives the processes that read it. */
function lasting(source: Source): Source {
  return {
    offsets: topic => source.offsets(topic),
    offsetAt: (topic, partition, timestamp) => source.offsetAt(topic, partition, timestamp),
    read: (topic, range, options) => source.read(topic, range, options),
    survey: topic => source.survey(topic),
    identify: (topic, asked) => source.identify(topic, asked),
    produce: (topic, records) => source.produce(topic, records),
    close: () => Promise.resolve(),
  }
}

function throwFailed(reports: readonly StepReport[]): void {
  for (const { step, stream, error } of reports) {
    if (error !== undefined) throw new Error(`${step} of ${stream ?? 'the lake'}: ${error.code}: ${error.message}`)
  }
}
