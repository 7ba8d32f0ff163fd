import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { lake } from './testShell.js'

let folder: string
let environment: Record<string, string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-pause-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const run = (...words: readonly string[]) => lake(words, { environment })

test('lake pause, status and resume tell who paused a stream, when and why, and obey nothing in it', async () => {
  const paused = await run('pause', 'events', '--by', 'ada', '--why', 'moved \u001b[2J', '--format', 'jsonl')
  expect(paused).toMatchObject({ code: 0, messages: '' })
  const record = JSON.parse(paused.output) as Record<string, unknown>
  expect(record).toMatchObject({ stream: 'events', state: 'paused', by: 'ada', why: 'moved \u001b[2J' })

  const again = await run('pause', 'events', '--by', 'grace')
  expect(again.code).toBe(0)
  expect(again.messages).toMatch(/^events was paused before: paused since \S+Z by ada: moved/)
  expect(again.messages).not.toContain('\u001b')

  const status = await run('status', '--format', 'table')
  expect(status.output).toMatch(/^PAUSED {4}bronze\.events/m)
  expect(status.output).toContain('→ npx lake resume events')
  expect(status.output).not.toContain('\u001b')

  const resumed = await run('resume', 'events', '--format', 'jsonl')
  expect(JSON.parse(resumed.output)).toMatchObject({ stream: 'events', state: 'resumed', by: 'ada' })
  expect(await run('resume', 'events')).toMatchObject({ code: 0, messages: 'events is not paused.\n' })
  expect(await run('pause', 'orders')).toMatchObject({ code: 1, messages: /There is no stream orders/ })
})
