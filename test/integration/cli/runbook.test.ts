import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { lake } from '../../cli/testShell.js'
import { startTestBroker, type TestBroker } from '../../harness/broker.js'

const page = readFileSync(resolve(import.meta.dirname, '../../../infra/RUNBOOK.md'), 'utf8')
let broker: TestBroker
let folder: string

beforeAll(async () => {
  broker = await startTestBroker()
  folder = mkdtempSync(join(tmpdir(), 'lake-runbook-'))
})
afterAll(async () => {
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The words of each command in the page, as a shell has them, each once. */
function commands(): readonly string[] {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'))
  return [...new Set(blocks)]
}

const wordsOf = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').slice(2)

test('every command of the runbook does its work on a lake with a broker', async () => {
  const environment = { LAKE_URL: pathToFileURL(join(folder, 'lake')).href, KAFKA_BROKERS: broker.brokers }
  const run = (words: readonly string[]) => lake(words, { environment })
  for (const words of [
    ['produce', '--count', '60', '--create'],
    ['run', 'bronze'],
    ['run', 'silver'],
    ['run', 'gold'],
    ['run', 'monitor'],
  ])
    expect(await run(words), words.join(' ')).toMatchObject({ code: 0 })
  const all = commands()
  expect(all.length).toBeGreaterThan(30)
  for (const line of all) {
    expect(line).toMatch(/^npx lake /)
    const { code, messages } = await run(wordsOf(line))
    // What fires or is not in order ends with 1, and that is what it is asked for.
    if (messages !== '' && /^npx lake (status|alerts)/.test(line)) expect(messages).toMatch(/Not in order|Alerts fire/)
    else expect([code, line, messages]).toEqual([0, line, expect.not.stringContaining('error')])
  }
  expect(JSON.parse((await run(['alerts', '--sql'])).output.split('\n')[0] ?? '')).toHaveProperty('sql')
})
