import { expect, test } from 'vitest'

import {
  isFormerSegment,
  newSegmentPath,
  planMerge,
  segmentInfo,
} from '../../../shared/pipeline/keyIndex/segmentName.js'

const segments = (days: readonly string[]) =>
  days.map((day, i) => ({ path: `${i}`, size: 1000, first: day, last: day }))
const eight = (last: string) => segments([...Array.from({ length: 7 }, () => '2025-04-01'), last])

test('segments further apart than a segment may span stay apart, those just within are merged', () => {
  const maxBytes = Infinity
  expect(planMerge(eight('2025-04-02'), { spanDays: 1, maxBytes })).toHaveLength(0)
  expect(planMerge(eight('2025-04-02'), { spanDays: 2, maxBytes })).toHaveLength(8)
  expect(planMerge(eight('2025-04-01').slice(1), { spanDays: 1, maxBytes })).toHaveLength(0)
})

test('a merge takes no more bytes than it may', () => {
  expect(planMerge(eight('2025-04-01'), { spanDays: 1, maxBytes: 8000 })).toHaveLength(8)
  expect(planMerge(eight('2025-04-01'), { spanDays: 1, maxBytes: 7999 })).toHaveLength(0)
})

test('segments of former formats are known as such, and none of them is read', () => {
  const own = newSegmentPath('2025-04-01', '2025-04-02')
  expect(segmentInfo({ path: own, size: 7 })).toEqual({ path: own, size: 7, first: '2025-04-01', last: '2025-04-02' })
  expect(isFormerSegment(own)).toBe(false)
  for (const suffix of ['.keys', '.2.keys']) {
    const path = own.replace(/\.\d+\.keys$/, suffix)
    expect([segmentInfo({ path, size: 7 }), isFormerSegment(path)]).toEqual([undefined, true])
  }
  // A later version's, which that version may still need.
  const later = own.replace(/\.\d+\.keys$/, '.99.keys')
  expect([segmentInfo({ path: later, size: 7 }), isFormerSegment(later)]).toEqual([undefined, false])
})
