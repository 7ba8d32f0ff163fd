import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { refineSilver } from '../../shared/pipeline/silver/index.js'
import { LocalDiskStore } from '../../shared/storage/index.js'
import { BronzeFixture, day0 } from '../pipeline/bronze/bronzeFixture.js'
import { lake, TextOutput } from './testShell.js'

let folder: string
let environment: Record<string, string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-quarantine-'))
  environment = { LAKE_URL: pathToFileURL(folder).href, DUCKDB_MEMORY_LIMIT: '256MB' }
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Sent {
  readonly value: Uint8Array | string
  readonly key?: Uint8Array | null
  readonly headers?: readonly (readonly [string, Uint8Array | null])[]
}

const event = (id: string, value: unknown) =>
  JSON.stringify({ event_id: id, event_type: 'click', timestamp: new Date(day0).toISOString(), value })

/** A lake in the folder with those records in bronze. */
async function made(sent: readonly Sent[]): Promise<void> {
  await using f = await BronzeFixture.open({ store: new LocalDiskStore(folder) })
  f.source.append(
    'events',
    sent.map(({ value, key = null, headers = [] }) => ({
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers: headers.map(([name, text]) => [name, text] as const),
      timestamp: day0,
      partition: 0,
    })),
  )
  await f.deliver(sent.map((_, i) => i))
  await refineSilver(f.lake, f.stream)
}

const run = (words: readonly string[], options: Parameters<typeof lake>[1] = {}) =>
  lake(['quarantine', ...words], { environment, ...options })

async function json(words: readonly string[]): Promise<readonly Record<string, unknown>[]> {
  const { code, output, messages } = await run(words)
  expect(messages).toBe('')
  expect(code).toBe(0)
  return output
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

test.each([
  [['constructor'], /"constructor" is none of list, show, replay, purge/],
  [['list', 'orders'], /There is no stream orders/],
  [['list', '--offsets', '9..1'], /--offsets 9\.\.1 is no range of offsets/],
  [['list', '--offsets', '1'], /say A\.\.B/],
  [['list', '--reason', '__proto__'], /--reason __proto__ is none of NOT_UTF8/],
  [['list', '--since', 'soon'], /--since soon is no time/],
])('%j is an error that names what is wrong', async (words, message) => {
  expect(await run(words)).toMatchObject({ code: 1, output: '', messages: expect.stringMatching(message) as string })
})

test('without bronze nothing is in quarantine', async () => {
  for (const words of [['list'], ['show'], ['purge', '--yes']]) expect((await run(words)).code).toBe(0)
  expect(await json(['replay', 'events', '--yes'])).toMatchObject([{ count: 0 }, { count: 0 }])
})

test('list counts by reason with first, last and an example; filters apply to it and to show', async () => {
  await made([{ value: event('a', 1) }, { value: '{' }, { value: event('b', 'x') }, { value: event('c', 'y') }])
  expect(await json(['list'])).toMatchObject([
    { stream: 'events', reason: 'FIELD_VALUE', field: 'value', count: 2, firstSeen: '2025-04-01T00:00:00.000Z' },
    { stream: 'events', reason: 'NOT_JSON', count: 1, example: expect.stringMatching(/^0\/1: /) as string },
  ])
  const offsets = async (...filter: string[]) => (await json(['show', 'events', ...filter])).map(({ offset }) => offset)
  expect(await offsets()).toEqual([1, 2, 3])
  expect(await offsets('--reason', 'NOT_JSON')).toEqual([1])
  expect(await offsets('--field', 'value')).toEqual([2, 3])
  expect(await offsets('--field', 'valu')).toEqual([])
  expect(await offsets('--partition', '1')).toEqual([])
  expect(await offsets('--offsets', '2..2')).toEqual([2])
  expect(await offsets('--since', '2025-04-02')).toEqual([])
  expect(await offsets('--until', '2025-04-02')).toEqual([1, 2, 3])
})

test('replay says what it will do and asks; --fix, --why and the user are kept', async () => {
  await made([{ value: event('a', 'x') }, { value: '{' }])
  const fix = `replace(_value, '"x"', '5')`
  const asked = await run(['replay', '--fix', fix])
  expect(asked).toMatchObject({ code: 1, output: '' })
  expect(asked.messages).toMatch(
    /events: of 2 records in quarantine, 1 are valid now\.\nerror: Nobody is there to be asked/,
  )
  expect(await json(['replay', '--fix', fix, '--dry-run'])).toMatchObject([
    { outcome: 'valid', count: 1 },
    { outcome: 'remains', reason: 'NOT_JSON', count: 1 },
  ])
  expect(await json(['replay', '--fix', fix, '--why', 'off', '--yes'])).toMatchObject([
    { outcome: 'replayed', count: 1 },
    { outcome: 'duplicate', count: 0 },
    { outcome: 'remains', reason: 'NOT_JSON', count: 1, example: expect.stringMatching(/^0\/1: /) as string },
  ])
  const { output } = await lake(['sql', 'SELECT fix, why, resolved_by, outcome FROM quarantine_resolved'], {
    environment,
  })
  expect(JSON.parse(output)).toEqual({ fix, why: 'off', resolved_by: userInfo().username, outcome: 'replayed' })
  expect(await json(['purge', '--yes'])).toEqual([{ stream: 'events', outcome: 'purged', count: 1 }])
  expect(await json(['list'])).toEqual([])
})

test.each([
  ['(SELECT 1)', /it has a subquery in it/],
  ["_value FROM read_text('/etc/passwd')", /syntax error/],
  ["read_blob('/etc/passwd')", /table function/],
  ['1 / 0', /gives DOUBLE, and not text/],
  ["_value); ATTACH '/tmp/x.db'; SELECT (1", /Only SELECT/],
  ['_offset', /"_offset" not found/],
])('the fix %j is refused before anything is done', async (fix, message) => {
  await made([{ value: event('a', 'x') }])
  const { code, messages } = await run(['replay', '--fix', fix, '--yes'])
  expect([code, messages]).toEqual([1, expect.stringMatching(message)])
})

describe('hostile records', () => {
  const controls = '\u001b]0;owned\u0007\u001b[2J\r\n\u009b31m\u202e\u2028\nrecord     events'
  const hostile: readonly Sent[] = [
    { value: `{"__proto__":{"polluted":1},"event_id":"${'a'.repeat(10 * 2 ** 20)}"}` },
    {
      value: controls,
      key: Buffer.from(controls),
      headers: [
        ['__proto__', Buffer.from(controls)],
        ["'; DROP TABLE x --", null],
      ],
    },
    { value: Buffer.from([0, 255, 254, 34, 39, 92]) },
    { value: event("'); DROP TABLE events; --", "'x'") },
  ]

  test('are shown whole, without a control character that reaches the terminal', async () => {
    await made(hostile)
    const output = new TextOutput({ isTerminal: true, columns: 120 })
    expect((await run(['show', 'events', '--offsets', '1..3'], { output })).code).toBe(0)
    expect(output.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028]/)
    expect(output.text).toContain('header     __proto__: ')
    expect(output.text).toContain('0x00fffe22275c')
    // Lines of the value are indented: none of it can pass for a line of the next record.
    expect(output.text.match(/^record {5}/gm)).toHaveLength(3)
    const listed = new TextOutput({ isTerminal: true, columns: 120 })
    await run(['list'], { output: listed })
    expect(listed.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })

  test('10 MB come through show and replay', async () => {
    await made(hostile)
    const [first] = await json(['show', 'events', '--offsets', '0..0'])
    expect(first).toMatchObject({ reason: 'FIELD_MISSING', valueBytes: 10 * 2 ** 20 + 42 })
    expect((first?.['value'] as string).length).toBe(10 * 2 ** 20 + 42)
    const fix = `json_merge_patch(_value, '{"event_type":"x","timestamp":"2025-04-01T00:00:00Z","value":1}')`
    const done = await json(['replay', 'events', '--fix', fix, '--yes'])
    expect(done[0]).toMatchObject({ outcome: 'replayed', count: 2 })
    expect(done.filter(({ outcome }) => outcome === 'remains')).toMatchObject([{ reason: 'FIX_FAILED', count: 2 }])
    const sql = 'SELECT length(event_id) AS n, value FROM silver.events ORDER BY n'
    const { output } = await lake(['sql', sql], { environment })
    expect(output.split('\n').slice(0, 2)).toEqual(['{"n":25,"value":1}', `{"n":${10 * 2 ** 20},"value":1}`])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})
