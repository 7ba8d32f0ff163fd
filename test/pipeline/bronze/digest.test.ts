import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { recordDigest } from '../../../shared/pipeline/bronze/digest.js'
import type { SourceRecord } from '../../../shared/sources/index.js'

const record = (more: Partial<SourceRecord> = {}): SourceRecord => ({
  topic: 'events',
  partition: 0,
  offset: 7n,
  timestamp: 1_000,
  key: Buffer.from('key'),
  value: Buffer.from('value'),
  headers: [],
  ...more,
})

describe('the digest by which a record is known again', () => {
  test.each<readonly [what: string, Partial<SourceRecord>]>([
    ['value', { value: Buffer.from('other') }],
    ['key', { key: Buffer.from('yek') }],
    ['time', { timestamp: 1_001 }],
    ['value that is none', { value: null }],
    ['value that is empty', { value: Buffer.alloc(0) }],
    ['key that is none', { key: null }],
    ['border between key and value', { key: Buffer.from('keyv'), value: Buffer.from('alue') }],
  ])('is another one for another %s', (_what, change) => {
    expect(recordDigest(record(change))).not.toBe(recordDigest(record()))
  })

  test('distinguishes a value that is none from one that is empty', () => {
    expect(recordDigest(record({ value: null }))).not.toBe(recordDigest(record({ value: Buffer.alloc(0) })))
  })

  test('is the same for the same record, wherever it was read, and fits a txn', () => {
    expect(recordDigest(record({ key: new Uint8Array(Buffer.from('key')), headers: [['h', null]] }))).toBe(
      recordDigest(record()),
    )
    for (let n = 0; n < 200; n++) {
      const digest = recordDigest(record({ timestamp: n }))
      expect(digest > 0n && digest < 2n ** 63n).toBe(true)
    }
  })

  test('of a part that no source keeps is by its length and digest', () => {
    const oversized = (size: number, text: string) =>
      recordDigest(
        record({
          value: null,
          defect: {
            kind: 'oversized',
            parts: [{ part: 'value', size, sha256: createHash('sha256').update(text).digest('hex') }],
          },
        }),
      )
    expect(oversized(10, 'a')).toBe(oversized(10, 'a'))
    expect(oversized(10, 'a')).not.toBe(oversized(10, 'b'))
    expect(oversized(10, 'a')).not.toBe(oversized(11, 'a'))
    expect(oversized(10, 'a')).not.toBe(recordDigest(record({ value: null })))
  })
})
