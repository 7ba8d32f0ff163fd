import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { alertRecords, alertText } from '../../shared/cli/output/alertText.js'
import { lake } from './testShell.js'

let folder: string
let environment: Readonly<Record<string, string>>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-alerts-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('of a lake that nobody watches says so, of a lake of 0.1.0 as well, and ends with 1', async () => {
  const silent = { alert: 'monitor-silent', severity: 0, stream: null, runbook: 'infra/RUNBOOK.md#monitor-silent' }
  for (const old of [false, true]) {
    if (old) cpSync(resolve(import.meta.dirname, '../fixtures/lake-0.1.0/lake'), folder, { recursive: true })
    const { code, output, messages } = await lake(['alerts', '--format', 'jsonl'], { environment })
    expect([code, messages]).toEqual([1, 'error: Alerts fire: monitor-silent.\n'])
    expect(JSON.parse(output)).toMatchObject(silent)
  }
})

test('--sql prints a query for each alert, with the thresholds of the settings', async () => {
  const { code, output } = await lake(['alerts', '--sql'], {
    environment: { ...environment, ALERT_LAG: '5, orders=7' },
  })
  expect(code).toBe(0)
  const queries = output
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { alert: string; sql: string })
  expect(queries.find(({ alert }) => alert === 'lag')?.sql).toContain("CASE stream WHEN 'orders' THEN 7 ELSE 5 END")
})

test('a threshold that is none is named', async () => {
  const { code, messages } = await lake(['alerts'], { environment: { ...environment, ALERT_LAG: 'many' } })
  expect(code).toBe(1)
  expect(messages).toMatch(/ALERT_LAG is "many".*expected a number from 0 to .*300, orders=3600/)
})

test('nothing in a sentence is obeyed or passes for another line', () => {
  const report = {
    checkedAt: 90_000,
    firing: [
      {
        alert: 'lag',
        title: 'Lag',
        severity: 2,
        stream: 'events',
        table: 'bronze.events',
        step: undefined,
        value: 9,
        threshold: 3,
        since: 0,
        sinceIsKnown: false,
        sentence: 'Much.\u001b[2J\nSev0  other',
        runbook: 'infra/RUNBOOK.md#lag',
      },
    ],
  } as const
  expect(alertText(report)).toBe(
    'Sev2  lag, since 1970-01-01T00:00:00.000Z (at least 90 s)\n      Much.\\x1b[2J\\nSev0  other\n      → infra/RUNBOOK.md#lag\n',
  )
  expect(alertRecords(report)).toHaveLength(1)
})
