import { describe, expect, test } from 'vitest'

import { compareStored } from '../../../shared/pipeline/bronze/storedRecords.js'
import type { SourceRecord } from '../../../shared/sources/index.js'
import { BronzeFixture, eventRecord, range } from './bronzeFixture.js'

/** A bronze of five records with keys, and the comparison of records with it. */
async function stored() {
  const f = await BronzeFixture.open()
  f.source.append(
    'events',
    range(0, 5).map(n => ({ ...eventRecord(n), key: Buffer.from(`k${n}`), partition: 0 })),
  )
  await f.deliver(range(0, 5))
  const known = (await f.progress()).get(0)
  if (known === undefined) throw new Error('nothing was ingested')
  return {
    f,
    compare: (records: readonly SourceRecord[], generation = 0) =>
      compareStored(f.lake, f.stream, { ...known, generation }, records),
  }
}

const others: readonly (readonly [what: string, change: (record: SourceRecord) => Partial<SourceRecord>])[] = [
  ['another value', () => ({ value: Buffer.from('{}') })],
  ['another value of the same length', ({ value }) => ({ value: Buffer.from(value ?? []).fill(0x20) })],
  ['no value', () => ({ value: null })],
  ['another key', () => ({ key: Buffer.from('k9') })],
  ['no key', () => ({ key: null })],
  ['another time', ({ timestamp }) => ({ timestamp: timestamp + 1 })],
]

describe('records of a topic, beside the rows that bronze has of them', () => {
  test('are the same when all of them are', async () => {
    const { f, compare } = await stored()
    expect(await compare(await f.fetch([1, 2, 3]))).toBe('same')
  })

  test.each(others)('are others where one of them has %s', async (_what, change) => {
    const { f, compare } = await stored()
    const [first, second, ...rest] = await f.fetch([1, 2, 3])
    if (first === undefined || second === undefined) throw new Error('no records')
    expect(await compare([first, { ...second, ...change(second) }, ...rest])).toBe('otherRecord')
  })

  test('cannot be compared with rows of another generation, nor where there are no rows', async () => {
    const { f, compare } = await stored()
    const records = await f.fetch([1, 2])
    expect(await compare(records, 1)).toBe('nothingToCompare')
    expect(await compare(records.map(record => ({ ...record, offset: record.offset + 100n })))).toBe('nothingToCompare')
    expect(await compare([])).toBe('nothingToCompare')
  })
})
