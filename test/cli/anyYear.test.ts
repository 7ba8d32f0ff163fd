import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { DeltaTable } from '../../shared/delta/index.js'
import { LocalDiskStore } from '../../shared/storage/index.js'
import { lake } from './testShell.js'

/** In the order of time. */
const days = [
  '-5877641-06-25',
  '-12345-01-31',
  '-0044-03-15',
  '-0044-03-25',
  '-0001-12-31',
  '0000-02-29',
  '0000-12-31',
  '0001-01-01',
  '1582-10-10',
  '2025-04-01',
  '9999-12-31',
  '+10000-01-01',
  '+12345-11-29',
  '+5000000-02-28',
]

let folder: string
let environment: Record<string, string>
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-years-'))
  environment = { LAKE_URL: pathToFileURL(folder).href }
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function run(words: readonly string[], input?: string): Promise<string> {
  const { code, output, messages } = await lake(words, { environment, ...(input === undefined ? {} : { input }) })
  expect(code, `${words.join(' ')}: ${messages}`).toBe(0)
  return output
}

describe.each([
  ['in data files', []],
  ['as partition values', ['--partition-by', 'd']],
  ['under deletion vectors', ['--property', 'delta.enableDeletionVectors=true']],
])('days of any year %s', (what, options) => {
  const name = `t${what.length}`
  const said = async (...more: string[]) =>
    (await run(['read', name, '--format', 'csv', '--columns', 'd', ...more])).split('\n').slice(1, -1)
  const where = async (condition: string) => (await said('--where', condition)).sort()
  const those = (which: (day: string, i: number) => boolean) => days.filter(which).sort()

  test('are written, found by conditions, merged and deleted as any other', async () => {
    await run(['create', name, '--schema', 'id INT, d DATE', ...options])
    for (const part of [days.slice(0, 5), days.slice(5, 9), days.slice(9)]) {
      await run(['append', name, '--from', '-'], part.map(d => JSON.stringify({ id: days.indexOf(d), d })).join('\n'))
    }
    expect((await said()).sort()).toEqual(days.toSorted())
    for (const day of ['-5877641-06-25', '-0044-03-15', '0000-12-31', '+12345-11-29']) {
      const i = days.indexOf(day)
      expect(await where(`d = DATE '${day}'`), day).toEqual([day])
      expect(await where(`d < '${day}'`), day).toEqual(those((_, at) => at < i))
      expect(await where(`d >= CAST('${day}' AS DATE)`), day).toEqual(those((_, at) => at >= i))
      expect(await where(`d IN (DATE '${day}', '2025-04-01')`), day).toEqual(
        those(d => d === day || d === '2025-04-01'),
      )
    }
    expect(await where("d BETWEEN '-0044-03-20' AND '+10000-01-01'")).toEqual(days.slice(3, 12).sort())
    // A checkpoint has statistics and partition values with types.
    await run(['checkpoint', name])
    expect(await where("d = DATE '-0044-03-15' OR d = '+12345-11-29'")).toEqual(['+12345-11-29', '-0044-03-15'])

    await run(['merge', name, '--key', 'd', '--from', '-'], days.map(d => JSON.stringify({ id: -1, d })).join('\n'))
    expect((await said('--where', 'id = -1')).sort()).toEqual(days.toSorted())
    for (const day of ['-0044-03-15', '+12345-11-29', '0000-12-31']) {
      await run(['delete', name, '--where', `d = DATE '${day}'`, '--yes'])
      expect(await where(`d = DATE '${day}'`)).toEqual([])
    }
    await run(['update', name, '--set', "d = DATE '+54321-01-01'", '--where', "d = '+10000-01-01'", '--yes'])
    expect(await where("d > DATE '+50000-01-01'")).toEqual(['+5000000-02-28', '+54321-01-01'])
    await run(['optimize', name])
    expect((await said()).length).toBe(days.length - 3)

    const snapshot = await new DeltaTable(new LocalDiskStore(join(folder, name))).snapshot()
    const text = JSON.stringify(snapshot?.files)
    for (const year of ['-0044-03-25', '+54321-01-01'])
      expect(text).toContain(
        what === 'as partition values'
          ? `"d":"${year}"`
          : year === '+54321-01-01'
            ? '+5000000-02-28'
            : '-5877641-06-25',
      )
  })
})

test('times of any year are written, found and printed', async () => {
  const times = [
    '-290307-01-01T19:59:05.224193Z',
    '-0044-03-15T12:00:00.000001Z',
    '0000-12-31T23:59:59.999999Z',
    '+10000-01-01T00:00:00.000000Z',
    '+294247-01-10T04:00:54.775806Z',
  ]
  await run(['create', 'times', '--schema', 'id INT, t TIMESTAMP, p TIMESTAMP', '--partition-by', 'p'])
  await run(['append', 'times', '--from', '-'], times.map((t, id) => JSON.stringify({ id, t, p: t })).join('\n'))
  const read = async (condition: string) =>
    (await run(['read', 'times', '--format', 'csv', '--columns', 't', '--where', condition]))
      .split('\n')
      .slice(1, -1)
      .sort()
  expect(await read('id >= 0')).toEqual(times.toSorted())
  for (const column of ['t', 'p']) {
    expect(await read(`${column} >= TIMESTAMPTZ '+10000-01-01 00:00:00+00'`), column).toEqual(times.slice(3))
    expect(await read(`${column} < TIMESTAMPTZ '-0044-03-15 12:00:00.000001+00'`), column).toEqual(times.slice(0, 1))
    expect(await read(`${column} = '-0044-03-15T12:00:00.000001Z'`), column).toEqual([times[1]])
  }
})
