import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { statusRecords, statusText } from '../../shared/cli/output/statusText.js'
import type { StatusReport, TableStatus } from '../../shared/pipeline/status/index.js'
import { lake, TextOutput } from './testShell.js'

let folder: string
let environment: Readonly<Record<string, string>>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-status-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const oldLake = () => {
  cpSync(resolve(import.meta.dirname, '../fixtures/lake-0.1.0/lake'), folder, { recursive: true })
}
const files = () => readdirSync(folder, { recursive: true }).length
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

describe('lake status', () => {
  test('of an empty lake says what is missing and what to do, and ends with 1', async () => {
    const { code, output, messages } = await lake(['status', '--format', 'table'], { environment })
    expect(code).toBe(1)
    expect(output).toMatch(
      /^NEVER {5}The monitor has never run: there is no table monitor_logs\. → npx lake run monitor\n/,
    )
    expect(messages).toMatch(/^error: Not in order: the monitor has never run, \S+ UNKNOWN/)
  })

  test('reads a lake of 0.1.0, and writes nothing', async () => {
    oldLake()
    const before = files()
    const { code, output, messages } = await lake(['status'], { environment })
    expect([code, messages]).toEqual([1, 'error: Not in order: the monitor is silent.\n'])
    expect(lines(output)).toMatchObject([
      { table: 'monitor_logs', status: 'SILENT', repair: 'lake run monitor' },
      { table: 'bronze.events', rejected: 7, quarantineBacklog: null, reconciled: true, lag: 0 },
      { table: 'silver.events' },
      { table: 'gold.events_scored' },
      { table: 'gold.events_summary' },
    ])
    expect(files()).toBe(before)
    expect((await lake(['status', '--format', 'csv'], { environment })).output).toMatch(/^table,status,reason,since,/)
  })

  test.each([
    [['5'], /"5" is one argument too many/],
    [['--watch', 'soon'], /"soon" is one argument too many: lake status takes seconds, from 1 to 86400/],
    [['--watch', '0'], /from 1 to 86400/],
    [['--stream', 'orders'], /There is no stream orders/],
  ])('%j is an error that names what is wrong', async (words, message) => {
    expect(await lake(['status', ...words], { environment })).toMatchObject({
      code: 1,
      output: '',
      messages: expect.stringMatching(message) as string,
    })
  })

  test('--watch prints again until Ctrl-C; on a terminal in the place of the last', async () => {
    oldLake()
    const interruption = new AbortController()
    class Watched extends TextOutput {
      override async write(text: string): Promise<void> {
        await super.write(text)
        if (this.text.split('SILENT').length > 2) interruption.abort(new Error('Ctrl-C'))
      }
    }
    const output = new Watched({ isTerminal: true })
    expect(await lake(['status', '--watch', '1'], { environment, output, signal: interruption.signal })).toMatchObject({
      code: 130,
      messages: '',
    })
    expect(output.text.match(/\u001b\[H\u001b\[2JSILENT/g)).toHaveLength(2)
  })
})

describe('a status as text', () => {
  const table: TableStatus = {
    table: 'bronze.events',
    stream: 'events',
    layer: 'bronze',
    status: 'LATE',
    reason: 'Old.\u001b[2J\nOK        silver.events\u202e',
    since: { time: 1_000, isStart: false },
    seenAt: 60_000,
    repair: 'lake run bronze',
    newestEvent: undefined,
    rejected: 7n,
    backlog: 2n,
    freshnessSeconds: 12,
    kafkaQueryableP99Seconds: 0.44,
    lag: 9_007_199_254_740_993n,
    secondsToDrain: undefined,
    reconciled: false,
    reconciliation: 'received 2, accounted for 1',
    files: 3n,
    smallFiles: 2n,
    bytes: 10n,
    versionsSinceCheckpoint: 4n,
    undeclared: [
      { field: 'country', records: 12, line: 'country: z.string().optional()' },
      { field: '["\u001b[2J\n"]', records: 1, line: undefined },
      { field: 'x'.repeat(200), records: 1, line: undefined },
      { field: 'fourth', records: 1, line: undefined },
      { field: undefined, records: 7, line: undefined },
    ],
  }
  const report: StatusReport = {
    checkedAt: 121_000,
    monitor: { state: 'OK', lastRun: 60_000, reason: 'The monitor looked 61 s ago.', repair: undefined },
    tables: [table],
  }

  test('has all of it, and nothing of a sentence is obeyed or passes for another line', () => {
    expect(statusText(report)).toBe(
      '          The monitor looked 61 s ago.\n' +
        'LATE      bronze.events, since 1970-01-01T00:00:01Z (at least 2 min)\n' +
        '          Old.\\x1b[2J\\nOK        silver.events\\u202e → npx lake run bronze\n' +
        '          newest event 12 s old · p99 0.4 s from Kafka · lag 9007199254740993, not draining · 7 rejected, 2 in quarantine · counts NOT reconciled · 3 files, 2 small · 4 versions since a checkpoint\n' +
        `          fields that the contract lacks: country in 12 records (country: z.string().optional()), ["\\x1b[2J\\n"] in 1 record, ${'x'.repeat(80)}… in 1 record, and 1 more\n` +
        '          counts: received 2, accounted for 1\n',
    )
  })

  test('numbers above 2^53 stay exact as JSON', () => {
    expect(statusRecords(report)[1]).toMatchObject({ lag: 9_007_199_254_740_993n, since: '1970-01-01T00:00:01.000Z' })
    expect(statusRecords(report)[1]?.['undeclaredFields']).toHaveLength(5)
  })
})

describe('lake cost', () => {
  test('without cluster_logs says who makes it', async () => {
    expect(await lake(['cost'], { environment })).toMatchObject({
      code: 1,
      output: '',
      messages: 'error: There is no table cluster_logs yet: the monitor makes it. `lake run monitor` runs it once.\n',
    })
  })

  test('prices a lake of 0.1.0 as its runs did, and prints the conditions', async () => {
    oldLake()
    const { code, output } = await lake(['cost', '--since', '2020-01-01'], { environment })
    expect(code).toBe(0)
    const records = lines(output)
    const [all, summary] = [records.at(-2), records.at(-1)]
    expect(all).toMatchObject({ step: 'all', share: 1, runs: summary?.['runs'] })
    expect(summary?.['recorded']).toBeCloseTo(summary?.['total'] as number, 7)
    expect(summary).toMatchObject({ prices: { perGigabyteSecond: 0.000026 }, instanceMemoryBytes: 2 * 1024 ** 3 })
    const settings = { ...environment, COST_PER_10K_WRITES: '7' }
    const text = (await lake(['cost', '--since', '2020-01-01', '--format', 'table'], { environment: settings })).output
    expect(text).toContain('COST_PER_10K_WRITES 7 (set), INSTANCE_MEMORY_MB 2048')
    expect(text).toMatch(/per million events, .* per GB that bronze wrote/)
    expect(text).toContain('The largest lever, ')
  })

  test('a time without runs is no error', async () => {
    oldLake()
    expect(await lake(['cost', '--since', '1ms', '--format', 'table'], { environment })).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^No run ended in that time\.\n/) as string,
    })
  })

  test('--since that is neither a duration nor a time is named', async () => {
    expect((await lake(['cost', '--since', 'soon'], { environment })).messages).toMatch(
      /^error: --since soon is neither a duration .* nor a time as 2025-04-01T12:00:00Z/,
    )
  })
})
