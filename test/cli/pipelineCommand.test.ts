import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { lake } from './testShell.js'

let folder: string
let environment: Readonly<Record<string, string>>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-pipeline-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('of a lake that nothing has run on there is nothing to show', async () => {
  expect(await lake(['pipeline', 'show', '--format', 'jsonl'], { environment })).toMatchObject({ code: 0, output: '' })
})

test.each([
  [['pipeline', 'jump']],
  [['pipeline', 'run', '--from', '04_unknown']],
  [['pipeline', 'show', '--from', 'silver']],
])('%j is refused by name', async words => {
  const { code, messages } = await lake(words, { environment })
  expect(code).toBe(1)
  expect(messages).toMatch(/pipeline show\|run|01_stream_kafka_to_bronze/)
})
test('the job is one document, its tasks in order, and a picture', async () => {
  const { code, output } = await lake(['pipeline', 'show', '--format', 'json'], { environment })
  expect(code).toBe(0)
  expect(JSON.parse(output)).toMatchObject({
    job: 'full_streaming_pipeline',
    tasks: [
      { task: '01_stream_kafka_to_bronze', step: 'bronze', runs: [] },
      { task: '02_bronze_to_silver_cleanse' },
      {},
      {},
      { task: '03_monitor_silver_events' },
    ],
  })
  const picture = await lake(['pipeline', 'show', '--format', 'svg'], { environment })
  expect(picture.code).toBe(0)
  expect(picture.output).toMatch(/^<svg\s[\s\S]*<\/svg>\n$/)
})

test('a run has no picture: it is said, and nothing runs', async () => {
  const { code, messages } = await lake(['pipeline', 'run', '--format', 'svg'], { environment })
  expect(code).toBe(1)
  expect(messages).toContain('--format svg is none of table, csv, csv-safe, jsonl')
})
