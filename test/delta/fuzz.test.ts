import { describe, expect, test } from 'vitest'

import { readChanges } from '../../shared/delta/changeDataFeed/changeDataFeed.js'
import { DeltaError, deltaErrorCodes } from '../../shared/delta/deltaError.js'
import { scanRows } from '../../shared/delta/scan/scanRows.js'
import { openFileList } from '../../shared/delta/snapshot/openFileList.js'
import { readSnapshot } from '../../shared/delta/snapshot/snapshot.js'
import { loadState } from '../../shared/delta/snapshot/stateReader.js'
import { CodedError } from '../../shared/errors.js'
import { ParquetError } from '../../shared/parquet/index.js'
import type { ObjectStore } from '../../shared/storage/index.js'
import { Random, seedNote } from '../random.js'
import { rowsOfTable, tableToDamage } from './damagedTable.js'
import { allRows } from './logFixture.js'

/** Damaged files; `FUZZ_ROUNDS=20000` for a long run. */
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 250)
/** A fresh table for each so many, with a checkpoint of another kind. */
const roundsPerTable = 50

const hostileNumbers = [
  '-1',
  '0',
  '2147483648',
  '9007199254740993',
  '9223372036854775807',
  '99999999999999999999999',
  '1e308',
  '0.5',
  '-0',
]
const hostileTexts = [
  '../'.repeat(8),
  '..%2f..%2fx',
  '%',
  '%ff',
  '\\u0000',
  'file:///etc/passwd',
  's3://b/k',
  '\\ud800',
  '',
  'x'.repeat(5_000),
  '__proto__',
]
const tokens = ['null', 'true', '[]', '{}', '""', '[[[[]]]]', '{"a":{"b":{}}}']

function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const at = random.below(copy.length + 1)
  switch (random.below(9)) {
    case 0:
      return copy.subarray(0, at)
    case 1:
      return Uint8Array.from({ length: random.below(300) }, () => random.below(256))
    case 2:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(random.below(copy.length + 1))])
    case 3:
      return copy.fill(random.pick([0, 0xff, 0x20]), at, at + random.below(64))
    case 4:
      return Buffer.concat([copy, copy])
    case 5:
    case 6:
      return isText(bytes) ? Buffer.from(retold(random, Buffer.from(bytes).toString())) : flipped(random, copy)
    default:
      return flipped(random, copy)
  }
}

function flipped(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes
  for (let flips = 1 + random.below(4); flips > 0; flips--) {
    const at = random.below(bytes.length)
    bytes[at] = random.below(2) === 0 ? random.below(256) : (bytes[at] ?? 0) ^ (1 << random.below(8))
  }
  return bytes
}

const isText = (bytes: Uint8Array) => bytes[0] === 0x7b

/** JSON with one value put in another's place: still JSON as a rule, and wrong. */
function retold(random: Random, text: string): string {
  const values = [...text.matchAll(/-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|true|false|null/g)]
  const value = random.pick(values)
  const other = random.pick([
    () => random.pick(hostileNumbers),
    () => `"${random.pick(hostileTexts)}"`,
    () => random.pick(tokens),
    () => random.pick(values)[0],
  ])()
  return text.slice(0, value.index) + other + text.slice(value.index + value[0].length)
}

function readersOf(store: ObjectStore): (() => Promise<unknown>)[] {
  return [
    () => loadState(store),
    async () => {
      const snapshot = await readSnapshot(store, 0)
      return snapshot === undefined ? undefined : allRows(scanRows(store, snapshot).batches)
    },
    async () => {
      for await (const actions of (await openFileList(store))?.actions(-Infinity) ?? []) if (actions.length < 0) return
    },
    async () => allRows((await readChanges(store, { from: 4 })).batches),
  ]
}

/** What may be thrown, and whether it says where the damage is. */
function complaint(error: unknown): string | undefined {
  if (!(error instanceof CodedError)) return 'is no error of ours'
  if (error.retryable) return 'is to be tried again'
  if (error instanceof ParquetError) return error.data['file'] === undefined ? 'names no file' : undefined
  if (!(error instanceof DeltaError) || !deltaErrorCodes.includes(error.code)) return 'is not in the list'
  return error.data['table'] === undefined ? 'names no table' : undefined
}

describe('a file of a table that is damaged anywhere', () => {
  test(`gives rows or an error that names the table, never a crash, a hang or memory without end (${rounds} rounds)`, async () => {
    const random = new Random()
    const outcomes = new Map<string, number>()
    const count = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1)
    const memory = process.memoryUsage().rss
    const enough = () => outcomes.has('rows') && outcomes.size > 5
    for (let round = 0; round < rounds || (!enough() && round < rounds * 20);) {
      const store = await tableToDamage(random)
      const readers = readersOf(store)
      const names: string[] = []
      for await (const { path } of store.list('')) names.push(path)
      for (let i = 0; i < roundsPerTable; i++, round++) {
        const name = random.pick(names)
        const bytes = (await store.get(name)) ?? new Uint8Array()
        const harm = random.below(20) === 0 ? undefined : damaged(random, bytes)
        if (harm === undefined) await store.delete(name)
        else await store.put(name, harm)
        const about = `${seedNote} round ${round} ${name}`
        for (const read of readers) {
          const error: unknown = await read().then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
          count(error === undefined ? 'rows' : error instanceof CodedError ? String(error.code) : 'other')
          const wrong = error === undefined ? undefined : complaint(error)
          expect(wrong, `${about}: ${(error as Error | undefined)?.stack ?? ''}`).toBeUndefined()
        }
        expect(process.memoryUsage().rss - memory, about).toBeLessThan(1.5e9)
        await store.put(name, bytes)
      }
      const whole = await Promise.all(readers.map(read => read()))
      expect(whole[1], seedNote).toHaveLength(rowsOfTable)
    }
    expect(enough(), `${seedNote} ${JSON.stringify([...outcomes])}`).toBe(true)
  }, 600_000)
})
