import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '../../shared/clock.js'
import { bronzePath, scoredPath, silverPath, summaryPath } from '../../shared/contract/index.js'
import { DeltaTable } from '../../shared/delta/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { MeteredStore } from '../../shared/storage/index.js'
import { events } from '../harness/sampleStream/events.js'
import { BenchStack } from './benchStack.js'
import { forgetPeak, processFigures } from './processFigures.js'
import { type SoakPanel, soakPlot } from './soakPlot.js'
import { type LineVerdict, type SoakBound, type SoakSample, soakVerdict } from './soakVerdict.js'
import { quantile, VisibleCommits } from './visibleCommits.js'

/** How long, how much, and where the lake is. */
export interface SoakOptions {
  readonly minutes: number
  readonly rate: number
  readonly store: 'disk' | 'Azurite'
}

/** Where the figures are, and what they say. */
export interface SoakResult {
  readonly csv: string
  readonly plot: string
  readonly verdicts: readonly LineVerdict[]
}

const lookEveryMs = 10_000

const tables = {
  bronze: bronzePath(events),
  silver: silverPath(events),
  scored: scoredPath(events),
  summary: summaryPath(events),
  monitor_logs: 'monitor_logs',
  cluster_logs: 'cluster_logs',
}
const names = Object.keys(tables) as readonly (keyof typeof tables)[]

/** Files are compacted ten minutes after they were written, by a run every ten minutes. */
const longestUncompactedMinutes = 20
/** Of a commit of bronze: valid rows, and rejected ones. */
const filesPerCommit = 2
/** Compacted ones of some days, and what is written while maintenance runs. */
const otherFiles = 300

/** @param samples by which the number of commits bounds the number of files */
const soakBounds = (samples: readonly SoakSample[]): readonly SoakBound[] => [
  { name: 'rss_mb', unit: 'MB', growth: 0.05, most: 512 },
  { name: 'peak_mb', unit: 'MB', growth: 0.05, most: 1024 },
  { name: 'cpu_percent', unit: '% of a core', growth: 0.1 },
  { name: 'bronze_p99_s', unit: 's', growth: 0.1 },
  { name: 'open_ms', unit: 'ms', growth: 0.25 },
  { name: 'open_kb', unit: 'KB', growth: 0.25 },
  { name: 'open_requests', unit: 'requests', growth: 0.25 },
  ...names.map(name => ({
    name: `${name}_files`,
    unit: 'files',
    growth: 0.25,
    most: otherFiles + filesPerCommit * longestUncompactedMinutes * commitsPerMinute(samples, name),
  })),
  ...names.map(name => ({ name: `${name}_commits_per_min`, unit: 'commits', growth: 0.1 })),
]

function commitsPerMinute(samples: readonly SoakSample[], name: string): number {
  const versions = samples.map(({ figures }) => figures[`${name}_commits_per_min`] ?? 0)
  return versions.reduce((sum, n) => sum + n, 0) / Math.max(1, versions.length)
}

const panels: readonly SoakPanel[] = [
  {
    title: 'Memory of the function host',
    unit: 'MB',
    lines: [
      { name: 'rss_mb', label: 'resident' },
      { name: 'peak_mb', label: 'at most since the last look' },
    ],
  },
  { title: 'Processor', unit: '% of a core', lines: [{ name: 'cpu_percent', label: 'function host' }] },
  {
    title: "From Kafka's timestamp to a reader of bronze, 99th percentile",
    unit: 's',
    lines: [{ name: 'bronze_p99_s', label: 'bronze' }],
  },
  { title: 'Data files', unit: 'files', lines: names.map(name => ({ name: `${name}_files`, label: name })) },
  { title: 'Commits', unit: 'a minute', lines: names.map(name => ({ name: `${name}_commits_per_min`, label: name })) },
  {
    title: "Opening bronze's log cold",
    unit: 'ms, KB, requests',
    lines: [
      { name: 'open_ms', label: 'ms' },
      { name: 'open_kb', label: 'KB' },
      { name: 'open_requests', label: 'requests' },
    ],
  },
]

/**
 * The whole app at a steady rate, with maintenance on: looks at it every ten seconds, writes what it saw as CSV and as a
 * plot, and says of each line whether it is flat. In less than three quarters of an hour files are not: the first are
 * compacted after twenty minutes.
 *
 * @param say takes a line of progress a minute
 */
export async function soakBench(options: SoakOptions, say: (line: string) => void): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), 'soak-'))
  const csv = join(folder, 'soak.csv')
  const plot = process.env['SOAK_PLOT'] ?? join(folder, 'soak.svg')
  const samples: SoakSample[] = []
  {
    await using stack = await BenchStack.start({ ...options, late: 2, duplicates: 1 })
    const lake = await stack.openLake()
    const sampler = new SoakSampler(lake, stack.host.pid)
    const startedAt = Date.now()
    const passed = () => Date.now() - startedAt
    while (passed() < options.minutes * 60_000) {
      // A look that took longer than an interval is not made up for.
      await systemClock.sleep(lookEveryMs - (passed() % lookEveryMs))
      const seconds = Math.round(passed() / 1000)
      samples.push({ seconds, figures: await sampler.look() })
      await writeFile(csv, csvOf(samples))
      if (samples.length % 6 === 0) say(lineOf(samples.at(-1)))
    }
    await sampler.stop()
    await lake.close()
  }
  await mkdir(join(plot, '..'), { recursive: true })
  const rate = options.rate.toLocaleString('en-US')
  await writeFile(plot, soakPlot(samples, panels, `${rate} events a second, ${options.store}`))
  return { csv, plot, verdicts: soakVerdict(samples, soakBounds(samples)) }
}

/** Looks at the host's process and at the tables from outside. */
class SoakSampler {
  readonly #lake: Lake
  readonly #pid: number
  readonly #commits: Readonly<Record<string, VisibleCommits>>
  #before = { at: Date.now(), cpuTicks: 0, versions: {} as Record<string, number> }

  constructor(lake: Lake, pid: number) {
    this.#lake = lake
    this.#pid = pid
    this.#commits = Object.fromEntries(
      names.map(name => [name, new VisibleCommits(lake, tables[name], name === 'bronze' ? 50 : 1_000)]),
    )
  }

  async look(): Promise<SoakSample['figures']> {
    const at = Date.now()
    const { rssMb, peakMb, cpuTicks } = await processFigures(this.#pid)
    await forgetPeak(this.#pid)
    const passed = (at - this.#before.at) / 1000
    const figures: Record<string, number | null> = {
      rss_mb: rounded(rssMb),
      peak_mb: rounded(peakMb),
      // Linux counts in hundredths of a second.
      cpu_percent: rounded((cpuTicks - this.#before.cpuTicks) / passed),
      ...(await this.#freshness()),
      ...(await this.#opening()),
    }
    const versions: Record<string, number> = {}
    for (const [name, commits] of Object.entries(this.#commits)) {
      figures[`${name}_files`] = commits.files
      const seen = (versions[name] = commits.versions)
      const before = this.#before.versions[name]
      figures[`${name}_commits_per_min`] = before === undefined ? null : rounded(((seen - before) * 60) / passed)
    }
    this.#before = { at, cpuTicks, versions }
    return figures
  }

  async #freshness(): Promise<Record<string, number | null>> {
    for (const name of names) if (name !== 'bronze') this.#commits[name]?.take()
    const bronze = this.#commits['bronze']
    const waits = await bronze?.waits(events, 0, Date.now(), bronze.take())
    const p99 = quantile(waits?.fromKafka ?? [], 0.99)
    return { bronze_p99_s: p99 === undefined ? null : p99 / 1000 }
  }

  /** What it takes somebody who knows nothing of bronze to find its newest version. */
  async #opening(): Promise<Record<string, number | null>> {
    const store = new MeteredStore(this.#lake.store.within(tables.bronze))
    const started = performance.now()
    const state = await new DeltaTable(store).state({ fresh: true })
    if (state === undefined) return { open_ms: null, open_kb: null, open_requests: null }
    const { reads, lists, bytesRead } = store.usage()
    return {
      open_ms: rounded(performance.now() - started),
      open_kb: rounded(bytesRead / 1024),
      open_requests: reads + lists,
    }
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#commits).map(commits => commits.stop()))
  }
}

const rounded = (value: number) => Math.round(value * 10) / 10

function csvOf(samples: readonly SoakSample[]): string {
  const columns = Object.keys(samples.at(-1)?.figures ?? {})
  const rows = samples.map(({ seconds, figures }) => [seconds, ...columns.map(name => figures[name] ?? '')].join(','))
  return [['seconds', ...columns].join(','), ...rows, ''].join('\n')
}

function lineOf(sample: SoakSample | undefined): string {
  const { rss_mb: rss, cpu_percent: cpu, bronze_p99_s: p99, bronze_files: files, open_ms: open } = sample?.figures ?? {}
  const text = (value: number | null | undefined) => (typeof value === 'number' ? String(value) : '-')
  return `${String(sample?.seconds ?? 0).padStart(6)} s  ${text(rss)} MB, ${text(cpu)} % CPU, bronze p99 ${text(p99)} s, ${text(files)} files, opened in ${text(open)} ms`
}
