import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { events } from '../harness/sampleStream/events.js'
import { type SilverRows, writeSilver } from '../pipeline/training/trainingFixture.js'
import { lake, TextOutput } from './testShell.js'

let folder: string
let environment: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lake-models-'))
  environment = { LAKE_URL: pathToFileURL(folder).href, MODEL_PROMOTION_MARGIN: '0.5' }
  const opened = await openLake(readSettings(environment))
  await writeSilver(opened, events, { to: 2_000 })
  await opened.close()
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const run = (...words: readonly string[]) => lake(words, { environment })

async function records(...words: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, output, messages } = await run(...words)
  expect([code, messages]).toEqual([0, ''])
  return output
    .trimEnd()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

describe('models from the command line', () => {
  test('without any there is nothing to list, and nothing to take back', async () => {
    expect(await records('models', 'list')).toEqual([])
    expect((await run('models', 'show')).messages).toMatch(/Model events-anomaly has no champion; it has none\./)
    expect((await run('models', 'rollback')).messages).toMatch(/has no champion.*lake models promote/)
  })

  test('one is trained, registered, compared, promoted and taken back', async () => {
    const messages = new TextOutput({ isTerminal: true })
    const first = await lake(['train', '--register', '--seed', '1'], { environment, messages })
    expect(JSON.parse(first.output)).toMatchObject({ version: '1', promoted: true, rows: 1_600, seed: 1 })
    expect(messages.text).toMatch(/100 % {2}2,000 rows/)
    expect(await records('train', '--register', '--seed', '2')).toMatchObject([
      { version: '2', promoted: false, champion_version: '1' },
    ])
    expect(await records('models', 'list')).toMatchObject([
      { version: '1', alias: 'champion' },
      { version: '2', alias: null },
    ])
    const auc = (await records('models', 'compare', '2')).find(record => record['metric'] === 'auc')
    expect(Object.keys(auc ?? {})).toEqual(['1', '2', 'metric', 'difference'])
    expect(Number(auc?.['2']) - Number(auc?.['1'])).toBeCloseTo(Number(auc?.['difference']), 3)
    expect(await records('models', 'promote', '2')).toEqual([{ model: 'events-anomaly', version: '2', previous: '1' }])
    expect(await records('models', 'show')).toMatchObject([{ version: '2', alias: 'champion', stream: 'events' }])
    expect(await records('models', 'rollback')).toEqual([{ model: 'events-anomaly', version: '1', previous: '2' }])
    const rows = await records(
      'sql',
      "SELECT event, version FROM model_runs WHERE event IN ('promoted', 'rolled_back') ORDER BY run_time",
    )
    expect(rows).toEqual([
      { event: 'promoted', version: '1' },
      { event: 'promoted', version: '2' },
      { event: 'rolled_back', version: '1' },
    ])
  })

  test('on a terminal the list is a table', async () => {
    const output = new TextOutput({ isTerminal: true, columns: 120 })
    await lake(['models', 'list'], { environment, output })
    expect(output.text).toMatch(/model .*version .*alias .*auc .*precision_at_1/)
  })

  test('a version or an action that is not there is named, with those that are', async () => {
    expect((await run('models', 'promote', '9')).messages).toMatch(/9\/model\.json is not there/)
    expect((await run('models', 'show', '9')).messages).toMatch(/has no version 9; there are 1, 2\./)
    expect((await run('models', 'drop')).messages).toMatch(/there are list, show, compare, promote, rollback, push/)
    expect((await run('models', 'push', '1')).messages).toMatch(/no MLflow server.*MLFLOW_TRACKING_URI/)
  })

  test('a server that cannot be reached is named, and the version is kept all the same', async () => {
    const down = { ...environment, MLFLOW_TRACKING_URI: 'http://127.0.0.1:1', MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' }
    const { code, output, messages } = await lake(['train', '--register', '--seed', '3'], { environment: down })
    expect([code, JSON.parse(output)]).toMatchObject([0, { version: '3', mlflow_run_id: null }])
    expect(messages).toMatch(/Version 3 of events-anomaly is not on the MLflow server: .*lake models push/)
  })

  test('what cannot be trained is said, with an exit code', async () => {
    const { code, output, messages } = await run('train', '--since', '2031-01-01')
    expect([code, output]).toEqual([1, ''])
    expect(messages).toMatch(/Nothing was trained for events: silver of events has 0 rows to train on/)
    expect((await run('train', '--rows', '1249')).messages).toMatch(
      /--rows 1,249 leaves 999 rows to train on, because one in 5 is held out, and at least 1,000 are needed\. Draw 1,250 or more/,
    )
    expect((await run('train', '--since', 'soon')).messages).toMatch(/--since soon is no time/)
  })
})

describe('nothing is trained or registered, the sentence says why, and the exit code is 1, for', () => {
  const cases: readonly (readonly [string, SilverRows, RegExp])[] = [
    [
      'too few rows',
      { to: 900 },
      /^error: Nothing was trained for events: silver of events has 720 rows to train on, and at least 1,000 are needed/,
    ],
    [
      'one constant column',
      { to: 2_000, value: '7' },
      /^error: Nothing was trained for events: the feature value is 7 in all of 1,600 rows.* Leave it out/,
    ],
    [
      'all nulls',
      { to: 2_000, value: 'NULL' },
      /^error: Nothing was trained for events: the feature value has no value in any of 1,600 rows.*is null\. Leave it out/,
    ],
  ]
  test.each(cases)('%s', async (_, rows, why) => {
    const own = mkdtempSync(join(tmpdir(), 'lake-untrained-'))
    try {
      const silent = { LAKE_URL: pathToFileURL(own).href }
      const opened = await openLake(readSettings(silent))
      await writeSilver(opened, events, rows)
      await opened.close()
      const { code, output, messages } = await lake(['train', '--register'], { environment: silent })
      expect([code, output]).toEqual([1, ''])
      expect(messages).toMatch(why)
      expect(messages.trimEnd()).not.toContain('\n')
      expect(existsSync(join(own, 'models'))).toBe(false)
      const runs = await lake(['sql', 'SELECT event, version, reason FROM model_runs'], { environment: silent })
      expect(JSON.parse(runs.output)).toMatchObject({ event: 'refused', version: null })
    } finally {
      rmSync(own, { recursive: true })
    }
  })
})
