import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import { recordDigest } from '../../../shared/pipeline/bronze/digest.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { runSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { maxPartBytes, type RecordDefect, type SourceRecord } from '../../../shared/sources/index.js'
import { events } from '../../harness/sampleStream/events.js'
import { BronzeFixture, eventRecord } from './bronzeFixture.js'

/** A topic of three events, the middle one as the source tells it. */
async function withMiddle(
  middle: Partial<SourceRecord>,
  settings: Readonly<Record<string, string>> = { BRONZE_MAX_RAW_SIZE: '1KB' },
) {
  const fixture = await BronzeFixture.open({ settings })
  fixture.append([0, 1, 2])
  const read = fixture.source.read.bind(fixture.source)
  fixture.source.read = async function* (...args) {
    for await (const batch of read(...args))
      yield { ...batch, records: batch.records.map(r => (r.offset === 1n ? { ...r, ...middle } : r)) }
  }
  return fixture
}

const sha256 = (...bytes: readonly (Buffer | string)[]) =>
  bytes.reduce((hash, b) => hash.update(b), createHash('sha256')).digest('hex')
const long = Buffer.from(JSON.stringify({ event_id: 'x'.repeat(2_000) }))
const name = 'n'.repeat(1_100)
const oversized = (part: 'key' | 'value' | 'headers', size: number): RecordDefect => ({
  kind: 'oversized',
  parts: [{ part, size, sha256: 'ab'.repeat(32) }],
})

describe.each([
  [
    'a value above the bound',
    { value: long },
    'RECORD_TOO_LARGE',
    'value',
    [String(long.length), sha256(long), '1024'],
  ],
  ['a key above the bound', { key: long }, 'RECORD_TOO_LARGE', 'key', [String(long.length), sha256(long)]],
  [
    'headers above the bound',
    {
      headers: [
        [name, null],
        ['h', Buffer.from('1')],
      ],
    },
    'RECORD_TOO_LARGE',
    'headers',
    [String(1_106), sha256(name, 'h', '1')],
  ],
  ['a key and a value above it', { key: long, value: long }, 'RECORD_TOO_LARGE', 'key, value', [sha256(long)]],
  [
    'a value that the source could not hold',
    { value: null, defect: oversized('value', 629_145_600) },
    'RECORD_TOO_LARGE',
    'value',
    ['629145600', 'ab'.repeat(32)],
  ],
  [
    'headers that the source could not hold',
    { defect: oversized('headers', 300_000_000) },
    'RECORD_TOO_LARGE',
    'headers',
    ['300000000'],
  ],
  [
    'bytes that do not hold together',
    { key: null, value: Buffer.from([1, 2, 3]), defect: { kind: 'damaged', size: 3 } },
    'RECORD_DAMAGED',
    '',
    ['3 bytes', '_value has all of them'],
  ],
  [
    'bytes that do not hold together and cannot be held',
    { key: null, value: null, defect: { kind: 'damaged', size: 4e8 } },
    'RECORD_DAMAGED',
    '',
    ['400000000', 'too many'],
  ],
] as const)('%s', (_what, middle, code, path, told) => {
  test.each(['a range read', 'a delivery', 'a delivery that reads it again'])(
    'is a row in quarantine by %s, no tombstone, and the stream goes on',
    async how => {
      await using fixture = await withMiddle(middle)
      if (how === 'a range read')
        expect(await catchUp(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 3 }])
      else await fixture.deliver(how === 'a delivery' ? [0, 1, 2] : [0, 2], 0, how === 'a delivery' ? [] : [1])
      const rows = (await fixture.rows()).toSorted((a, b) => Number(a['_offset']) - Number(b['_offset']))
      expect(rows.map(r => r['_error_code'])).toEqual([null, code, null])
      expect(rows[1]).toMatchObject({ _offset: 1n, _error_path: path })
      for (const words of told) expect(rows[1]?.['_error_message']).toContain(words)
      for (const part of ['key', 'value', 'headers'] as const)
        if (path.includes(part)) expect(rows[1]?.[`_${part}`]).toBeNull()
      expect((await fixture.reported()).at(-1)).toMatchObject({ rejections: { [code]: 1 } })

      fixture.append([3])
      expect(await catchUp(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 1 }])
      expect(await runSilver(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 3 }])
      await runMonitor(fixture.lake, 'command')
      const bronze = (await fixture.read('monitor_logs')).find(r => r['layer'] === 'bronze')
      expect(bronze).toMatchObject({ identity_closed: true, quarantined: 1n, tombstones: 0n, valid: 3n })
    },
  )
})

test('a part as long as the bound is kept whole, and validated by its contract', async () => {
  const { value } = eventRecord(1)
  const padded = Buffer.concat([value as Buffer, Buffer.alloc(1_024 - (value as Buffer).length, ' ')])
  await using fixture = await withMiddle({ value: padded, headers: [['n'.repeat(1_022), null]] })
  await catchUp(fixture.lake, 'command')
  expect((await fixture.rows()).map(r => r['_error_code'])).toEqual([null, null, null])
})

test('a contract that throws rejects its record and stops nothing', async () => {
  const parse: typeof events.parse = () => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  await using fixture = await BronzeFixture.open({ stream: { ...events, parse } })
  fixture.append([0])
  await catchUp(fixture.lake, 'command')
  expect(await fixture.rows()).toMatchObject([
    { _error_code: 'NOT_DECODED', _error_message: 'the value cannot be validated: Maximum call stack size exceeded' },
  ])
})

test("a record's digest is the same whether a trigger brought all of it or the source its digest", () => {
  const value = Buffer.alloc(maxPartBytes + 1)
  const whole: SourceRecord = {
    topic: 't',
    partition: 0,
    offset: 0n,
    timestamp: 5,
    key: Buffer.from('k'),
    value,
    headers: [],
  }
  const part = { part: 'value', size: value.length, sha256: createHash('sha256').update(value).digest('hex') } as const
  expect(recordDigest({ ...whole, value: null, defect: { kind: 'oversized', parts: [part] } })).toBe(
    recordDigest(whole),
  )
  expect(recordDigest({ ...whole, value: null })).not.toBe(recordDigest(whole))
})
