import { expect, test } from 'vitest'

import { barChart } from './barChart.js'

const group = (...values: readonly number[]) => ({
  title: 'rows & "bytes"',
  bars: values.map(value => ({ name: '<a>', value, text: `${value}` })),
})

test('bars are as long as their values say, the longest filling the width', () => {
  const widths = [...barChart('t', [group(50, 100, 25)]).matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, w]) =>
    Number(w),
  )
  expect(widths[1]).toBe(460)
  expect(widths.map(width => width / 460)).toEqual([0.5, 1, 0.25])
})

test('names are text, colours are there for both grounds, and the same groups are the same bytes', () => {
  const picture = barChart('a < b', [group(1), group(0)])
  expect(picture).toContain('&lt;a>')
  expect(picture).toContain('rows &amp; &quot;bytes&quot;')
  expect(picture).toContain('prefers-color-scheme: dark')
  expect(picture).not.toMatch(/NaN|Infinity|<a>/)
  expect(barChart('a < b', [group(1), group(0)])).toBe(picture)
})
