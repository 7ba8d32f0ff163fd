import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { projectRoot } from '../../harness/projectRoot.js'
import { barChart } from '../barChart.js'
import { pinnedVersions } from '../machine.js'
import { writeSection } from '../pageSection.js'
import { engines } from './peer.js'
import type { PeerFigures, PeersReport } from './peersBench.js'

const picture = 'docs/images/peers.svg'

/** The figures as a table of Markdown, with the machine and the conditions before it. */
export async function peersText({ options, home, peers }: PeersReport, begun: string): Promise<string> {
  const { rows, rounds, live } = options
  const versions = await pinnedVersions('test/bench/peers/requirements.txt', [
    'pyspark',
    'deltalake',
    'pyarrow',
    'confluent-kafka',
  ])
  return [
    `\`npm run bench -- peers ${rows}\`${rounds === 1 ? '' : `, the middle of ${rounds} runs, turn by turn`}: ${count(rows)} events of 4 partitions, lz4, random UUIDs (one in a hundred the second time), one type in five not ASCII; broker, tables and all processes on this machine: ${begun}.${home === undefined ? '' : ` ${versions}, Delta ${await deltaVersion()}.`}`,
    '',
    peersTable(peers),
    '',
    conditions(live),
  ].join('\n')
}

/** Of Spark's Delta, as pom.xml has it. */
async function deltaVersion(): Promise<string> {
  const pom = await readFile(join(projectRoot(), 'test/bench/peers/pom.xml'), 'utf8')
  return /<artifactId>delta-spark[^<]*<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? 'unknown'
}

/** Of each one row. Pure. */
export function peersTable(peers: readonly PeerFigures[]): string {
  const lines = peers.map(({ name, ingest, bytesPerRow, refine, freshness }) => {
    const cells = [
      count(Math.round(ingest.measuredRows / ingest.seconds / 1000) * 1000),
      ((ingest.cpuSeconds / ingest.measuredRows) * 1e6).toFixed(1),
      `${megabytes(ingest.peakBytes)} MB`,
      bytesPerRow.toFixed(0),
      refine === undefined ? '' : `${refine.seconds.toFixed(1)} s`,
      refine === undefined ? '' : `${refine.cpuSeconds.toFixed(1)} s`,
      refine === undefined ? '' : `${megabytes(refine.peakBytes)} MB`,
      freshness === undefined ? '' : seconds(freshness.p50),
      freshness === undefined ? '' : seconds(freshness.p99),
    ]
    return `| ${[name, ...cells].join(' | ')} |`
  })
  return [
    '| | Kafka → bronze, rows/s | CPU, s a million | memory | bytes a row | deduplicated and clustered | its CPU | its memory | fresh, median | p99 |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...lines,
  ].join('\n')
}

function conditions({ rate, seconds: length, before }: PeersReport['options']['live']): string {
  return (
    'Each writes the same: the place in Kafka, the exact bytes of key and value, the columns of the event, a folder a day; each table was read back, and had every offset once. ' +
    'Here each record is also held against the contract, rejected ones kept with the reason; the others would stop or write nulls. ' +
    'Memory is the most that the process had (of Spark the JVM and its Python together). Spark: `local[2]`, 2 GB for the driver, a quarter of the topic a trigger (`maxOffsetsPerTrigger`), the first trigger left out, its start too; the deduplication (`dropDuplicates`, insert-only `MERGE`, `OPTIMIZE ZORDER`) once before to warm up. ' +
    'delta-rs: batches of 100,000 records, JSON by pyarrow, offsets as app transactions, `z_order`. CPU of these and here counts the start of the process. ' +
    `Fresh: ${count(rate)} events/s for ${length} s, ${before} s before them not counted, from Kafka's timestamp to the commit's file; here by the trigger's rules and the batches of host.json, Spark with its default trigger, delta-rs with polls of 0.2 s.`
  )
}

/** Rows/s and CPU as bars. Pure. */
export function peersPicture(peers: readonly PeerFigures[]): string {
  const bars = (value: (one: PeerFigures) => number | undefined, text: (value: number) => string) =>
    peers.flatMap(one => {
      const found = value(one)
      return found === undefined ? [] : [{ name: one.name, value: found, text: text(found) }]
    })
  return barChart('Kafka to Delta: this project, Spark, delta-rs', [
    {
      title: 'Kafka → bronze, rows a second (more is better)',
      bars: bars(
        ({ ingest }) => ingest.measuredRows / ingest.seconds,
        value => count(Math.round(value / 1000) * 1000),
      ),
    },
    {
      title: 'Processor time, seconds a million rows (less is better)',
      bars: bars(
        ({ ingest }) => (ingest.cpuSeconds / ingest.measuredRows) * 1e6,
        value => value.toFixed(1),
      ),
    },
    {
      title: 'Memory, MB at most (less is better)',
      bars: bars(({ ingest }) => ingest.peakBytes, megabytes),
    },
    {
      title: 'Fresh at a steady rate, p99 (less is better)',
      bars: bars(({ freshness }) => freshness?.p99, seconds),
    },
  ])
}

/**
 * Writes section and picture of docs/figures.md, unless only some were measured.
 *
 * @param begun the machine as it was before
 * @returns the text of the section
 */
export async function publishPeers(report: PeersReport, begun: string): Promise<string> {
  const text = await peersText(report, begun)
  if (!engines.every(engine => report.options.only.includes(engine))) return text
  const root = projectRoot()
  await mkdir(join(root, 'docs/images'), { recursive: true })
  await writeFile(join(root, picture), peersPicture(report.peers))
  const image = '![Rows a second, processor time, memory and freshness as bars](images/peers.svg)'
  await writeSection(join(root, 'docs/figures.md'), 'peers', `${text}\n\n${image}`)
  return text
}

const count = (value: number) => value.toLocaleString('en-US')
const megabytes = (bytes: number) => count(Math.round(bytes / 2 ** 20))
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
