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
