import { expect, test } from 'vitest'

import { Random } from '../random.js'
import { soakPlot } from './soakPlot.js'
import { type SoakSample, soakVerdict } from './soakVerdict.js'

/** An hour of looks, ten seconds apart. */
const samplesOf = (value: (seconds: number) => number | null): readonly SoakSample[] =>
  Array.from({ length: 361 }, (_, n) => ({ seconds: n * 10, figures: { line: value(n * 10) } }))

const bound = { name: 'line', unit: 'MB', growth: 0.05 }
const judged = (value: (seconds: number) => number | null, more = {}) =>
  soakVerdict(samplesOf(value), [{ ...bound, ...more }])[0]

test('a line that wavers and does not grow is flat', () => {
  // Of any data some would waver too far, now and then: what is asserted is so of these.
  const random = new Random(1)
  const verdict = judged(() => 300 + random.next() * 60)
  expect(verdict?.isFlat).toBe(true)
  expect(Math.abs(verdict?.slopePerHour ?? Infinity)).toBeLessThan(15)
})

test('a leak of a tenth an hour is found, under noise larger than itself', () => {
  const random = new Random(2)
  const verdict = judged(seconds => 300 + seconds / 60 + random.next() * 60)
  expect(verdict).toMatchObject({ isFlat: false, why: expect.stringContaining('grew by') as string })
  expect(verdict?.slopePerHour).toBeGreaterThan(40)
  expect(verdict?.slopePerHour).toBeLessThan(80)
})

test('what grows while it starts is not held against it', () => {
  expect(judged(seconds => Math.min(seconds / 4, 300))).toMatchObject({ isFlat: true, slopePerHour: 0, middle: 300 })
})

test('maintenance every ten minutes makes no trend, whether it comes first or last', () => {
  for (const phase of [0, 590]) {
    const verdict = judged(seconds => ((seconds + phase) % 600 < 30 ? 640 : 300))
    expect(verdict).toMatchObject({ isFlat: true, slopePerHour: 0, middle: 300, largest: 640 })
  }
})

test('what grows until maintenance comes makes no trend, wherever in that the hour ends; a leak beneath it is found', () => {
  for (const phase of [0, 170, 350, 590]) {
    const tooth = (seconds: number) => 300 + ((seconds + phase) % 600) / 2
    expect(judged(tooth), String(phase)).toMatchObject({ isFlat: true, slopePerHour: 0 })
    const leaking = judged(seconds => tooth(seconds) + seconds / 60)
    expect(leaking?.isFlat, String(phase)).toBe(false)
    expect(leaking?.slopePerHour, String(phase)).toBeCloseTo(60)
  }
})

test('a look that comes a little before a whole period counts as one that is a period apart', () => {
  const looks = Array.from({ length: 278 }, (_, n) => n * 13)
  const samples = looks.map(seconds => ({ seconds, figures: { line: 300 + (seconds % 598) / 2 } }))
  expect(soakVerdict(samples, [bound])[0]).toMatchObject({ isFlat: true, slopePerHour: 0 })
})

test('a time that is shorter than a period of maintenance is judged all the same', () => {
  const samples = samplesOf(seconds => 300 + seconds / 6).slice(0, 60)
  expect(soakVerdict(samples, [bound])[0]?.slopePerHour).toBeCloseTo(600)
})

test('a line that is flat above what it may ever be is not in order', () => {
  expect(judged(() => 600, { most: 512 })).toMatchObject({ isFlat: false, why: 'reached 600 MB, more than 512' })
})

test('what shrinks is flat', () => {
  expect(judged(seconds => 1_000 - seconds / 10)?.isFlat).toBe(true)
})

test('a line of which hardly anything was measured is not called flat', () => {
  expect(judged(seconds => (seconds % 600 === 0 ? 1 : null))).toMatchObject({
    isFlat: false,
    slopePerHour: undefined,
    why: '5 values, too few to judge',
  })
})

test('the plot has a panel for each group, with every line that was measured and no gap for what was not', () => {
  const svg = soakPlot(
    samplesOf(seconds => (seconds % 20 === 0 ? 300 + seconds / 100 : null)),
    [
      { title: 'Memory', unit: 'MB', lines: [{ name: 'line', label: 'host' }] },
      { title: 'Nothing', unit: 's', lines: [{ name: 'absent', label: 'absent' }] },
    ],
    '1,000 events a second',
  )
  expect(svg).toMatch(/^<svg /)
  expect(svg.match(/<polyline /g)).toHaveLength(1)
  expect(svg).toContain('>Memory</text>')
  expect(svg).not.toContain('NaN')
})
