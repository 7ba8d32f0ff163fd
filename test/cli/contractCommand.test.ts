import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, timestamp } from '../../shared/contract/index.js'
import { ingestBatch } from '../../shared/pipeline/index.js'
import { openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { MemorySource } from '../../shared/sources/memory/index.js'
import { lake } from './testShell.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-contract-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** What is deployed: the shipped stream with another type, and without a rule. */
const deployed = defineStream({
  name: 'events',
  topic: 'events',
  schema: z.object({ event_id: z.string(), event_type: z.string(), timestamp: timestamp(), value: z.string() }),
  key: 'event_id',
  eventTime: 'timestamp',
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
})

/** A lake on disk into which that stream took records just now. */
async function ingested(values: readonly unknown[]): Promise<string> {
  const LAKE_URL = pathToFileURL(folder).href
  const source = new MemorySource()
  source.createTopic('events', 1)
  const at = new Date().toISOString()
  source.append(
    'events',
    values.map((value, n) => ({
      key: null,
      value: Buffer.from(JSON.stringify({ event_id: `e${n}`, event_type: 'click', timestamp: at, value })),
      timestamp: Date.now(),
      partition: 0,
    })),
  )
  const settings = readSettings({ LAKE_URL })
  const opened = await openLake(settings, { source, streams: [deployed] })
  const records = []
  for await (const batch of source.read('events', { partition: 0, start: 0n, end: BigInt(values.length) }))
    records.push(...batch.records)
  const report = await ingestBatch(opened, deployed, { records, reread: [] }, 'kafka')
  expect(report.error).toBeUndefined()
  await opened.close()
  return LAKE_URL
}

test('a contract that breaks what is there ends with 1, and names the column and the first of the records', async () => {
  const LAKE_URL = await ingested(['1', 'many', 'more'])
  const { code, output, messages } = await lake(['contract', 'check', 'events'], { environment: { LAKE_URL } })
  const findings = output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>)
  expect(findings.filter(({ verdict }) => verdict === 'breaks')).toMatchObject([
    { against: 'table', field: 'value' },
    { against: 'records', field: 'value', reason: 'FIELD_VALUE', count: 2, example: 'partition 0, offset 1' },
  ])
  expect(messages).toContain('The contract of events breaks what is there.')
  expect(code).toBe(1)
})
