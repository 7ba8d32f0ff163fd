import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { commands } from '../../shared/cli/commandList.js'
import { shellWord } from '../../shared/cli/commands/env.js'
import { progressText } from '../../shared/cli/output/progressBar.js'
import { writeRunningStack } from '../../shared/cli/runningStack.js'
import { parseTableReference } from '../../shared/cli/tables/tableNames.js'
import { events } from '../harness/sampleStream/events.js'
import { lake } from './testShell.js'

let projectFolder: string
beforeEach(() => {
  projectFolder = mkdtempSync(join(tmpdir(), 'lake-project-'))
})
afterEach(() => {
  rmSync(projectFolder, { recursive: true })
})

describe('the command line', () => {
  test('the help names every command, and every command has one', async () => {
    const { code, output } = await lake(['--help'])
    expect(code).toBe(0)
    for (const name of Object.keys(commands)) {
      expect(output).toContain(`\n  ${name}`)
      const own = await lake([name, '--help'])
      expect(own).toMatchObject({ code: 0, messages: '' })
      expect(own.output).toMatch(new RegExp(`^Usage: lake ${name}`))
    }
  })

  test.each([
    [[], /A command is missing/],
    [['constructor'], /"constructor" is not a command/],
    [['read'], /<table> is missing: lake read <table>/],
    [['read', 'a', 'b'], /"b" is one argument too many/],
    [['read', 'a', '--wher', 'x'], /Unknown option '--wher'\. See: lake read --help/],
    [['read', 'a', '--version', 'x'], /--version x is not a number/],
    [
      ['read', 'a', '--limit', '-1'],
      /--limit has no value; one that begins with a dash is written --limit=-1\. See: lake read --help/,
    ],
    [['read', 'a', '--columns', ','], /--columns names nothing/],
    [['read', 'a', '--columns', 'b,c,b'], /--columns names b twice/],
    [['read', 'bronze.events_quarantine', '--explain'], /a view and has no files of its own; leave --explain out/],
    [['restore', 'a', '--version', '1', '--timestamp', '2025-04-01'], /--version and --timestamp say the same thing/],
    [['restore', 'a'], /Say what to go back to/],
    [['update', 'a', '--set', 'b = 1', '--set', 'b = 2'], /--set names the column b twice/],
    [
      ['overwrite', 'a', '--from', '-', '--where', 'true', '--overwrite-schema'],
      /--where and --overwrite-schema exclude each other/,
    ],
    [['read', 'a', '--version', '1.5'], /--version 1.5 is not a whole number/],
    [['tables', '--format', 'xml'], /--format xml is none of table, csv, csv-safe, jsonl/],
    [['sql', ' '], /The query is empty/],
    [['run', 'toString'], /"toString" is not a step/],
    [['contract', 'hide', 'events'], /"hide" is not something to do with a contract; there are show and check/],
    [['contract', 'show'], /<stream> is missing: lake contract show\|check <stream>/],
    [['contract', 'show', 'none'], /There is no stream none; declared are: events/],
    [['rebuild', 'bronze'], /"bronze" cannot be rebuilt/],
    [['produce'], /Say how many/],
    [['produce', '--from', 'x', '--count', '1'], /leave --count out/],
    [['produce', '--count', '1', '--broken', '60', '--late', '60'], /at most 100 is possible/],
    [['produce', '--from', '/nowhere/file.json'], /\/nowhere\/file\.json cannot be read/],
    [['backfill', '--from-offsets', '0:1', '--from-time', '2025-04-01'], /say the same thing; give one of them/],
    [['backfill', '--from-offsets', '0:1,1'], /--from-offsets 0:1,1 is not of the form P:O\[,P:O…\], as 0:100,1:250/],
    [['backfill', '--from-offsets', '0:1,0:2'], /--from-offsets names partition 0 twice/],
    [['backfill', '--from-time', 'noon'], /--from-time noon/],
    [['backfill', '--yes'], /--yes answers what --from-offsets or --from-time asks/],
    [['reset-offsets', 'orders'], /There is no stream orders; declared are: events/],
  ])('%j is an error that names what is wrong', async (words, message) => {
    const { code, output, messages } = await lake(words, {
      projectFolder,
      environment: { LAKE_URL: 'file:///nowhere' },
    })
    expect([code, output]).toEqual([1, ''])
    expect(messages).toMatch(message)
    expect(messages).toMatch(/^error: [^\n]*\n$/)
  })

  test('a wrong setting is named', async () => {
    const { code, messages } = await lake(['tables'], { projectFolder, environment: { LAKE_URL: 'nowhere' } })
    expect(code).toBe(1)
    expect(messages).toContain('LAKE_URL is "nowhere"')
  })

  test('the stack of an error is for those who ask', async () => {
    expect((await lake(['run', 'x'])).messages).not.toContain('    at ')
    expect((await lake(['run', 'x', '--debug'])).messages).toContain('    at ')
  })
})

test('lake contract show prints the page of a stream without a lake, broker or settings', async () => {
  const { code, output, messages } = await lake(['contract', 'show', 'events'], { projectFolder })
  expect({ code, messages }).toEqual({ code: 0, messages: '' })
  expect(output).toMatch(/^# events\n/)
  for (const name of ['bronze.events', 'silver.events', 'gold.events_scored', 'gold.events_summary'])
    expect(output).toContain(`\n## ${name}\n`)
})

test('lake contract check finds nothing to break in a lake without tables, and says what is no duration', async () => {
  const environment = { LAKE_URL: pathToFileURL(projectFolder).href }
  const checking = ['contract', 'check', 'events', '--format', 'table']
  const { code, messages } = await lake(checking, { projectFolder, environment })
  expect(messages).toContain('events: 0 findings, 0 of them break something; 0 records were tried.')
  expect(code).toBe(0)
  const { messages: bad } = await lake([...checking, '--since', 'x'], { projectFolder, environment })
  expect(bad).toContain('--since x is no duration')
})

describe('lake env', () => {
  const stack = {
    pid: process.pid,
    command: 'start' as const,
    startedAt: '',
    ready: true,
    kafkaBrokers: '127.0.0.1:9093',
    lakeUrl: 'http://127.0.0.1:10000/devstoreaccount1/lake',
    processes: {},
  }

  test('prints the addresses of the running stack, one a line', async () => {
    writeRunningStack(projectFolder, {
      ...stack,
      functionsUrl: 'http://127.0.0.1:7071',
      processes: { Kafka: 4, Functions: 5 },
    })
    expect((await lake(['env'], { projectFolder })).output).toBe(
      'KAFKA_BROKERS=127.0.0.1:9093\nLAKE_URL=http://127.0.0.1:10000/devstoreaccount1/lake\nFUNCTIONS_URL=http://127.0.0.1:7071\nFUNCTIONS_PID=5\n',
    )
  })

  test('is an error when none runs', async () => {
    expect(await lake(['env'], { projectFolder })).toMatchObject({ code: 1, output: '', messages: /No stack runs/ })
  })

  test('quotes what a shell would take apart', () => {
    expect(shellWord("file:///a b/c'd")).toBe("'file:///a b/c'\\''d'")
  })
})

describe('names of tables', () => {
  test.each([
    ['bronze.events', { kind: 'name', name: 'bronze.events' }],
    ['Monitor_Logs', { kind: 'name', name: 'monitor_logs' }],
    ['./silver.events', { kind: 'path', path: './silver.events' }],
    ['/data/t', { kind: 'path', path: '/data/t' }],
    ['file:///data/t', { kind: 'url', url: 'file:///data/t' }],
    ['https://a.blob.core.windows.net/c/t', { kind: 'url', url: 'https://a.blob.core.windows.net/c/t' }],
    ['abfss://c@a.dfs.core.windows.net/t', { kind: 'url', url: 'abfss://c@a.dfs.core.windows.net/t' }],
  ])('%s', (text, reference) => {
    expect(parseTableReference(text, [events])).toEqual(reference)
  })

  test('the quarantine is a view', () => {
    expect(parseTableReference('bronze.events_quarantine', [events])).toMatchObject({
      kind: 'view',
      name: 'bronze.events_quarantine',
    })
  })
})

test('progress says how far, how fast and how long still', () => {
  expect(progressText({ rows: 5_000, covered: 2_500n, total: 10_000n }, 1_000)).toBe(
    '[#######.......................]  25 %  5,000 rows, 5,000/s, 3 s left',
  )
  expect(progressText({ rows: 0, covered: 0n, total: 0n }, 0)).toContain('100 %')
})
