import { describe, expect, test } from 'vitest'

import { castSvg } from './castSvg.js'
import { missingLine, patternOf, tourSteps } from './tour.js'

describe('what a reader is told', () => {
  test.each([
    ['events … 1 … the field', 'events  FIELD_MISSING  value  17  2026  the field is missing', true],
    ['rows 12', 'rows   12,345.6', true],
    ['-7', 'x -7', true],
    ['a (b)', 'a b', false],
    ['OK … bronze', 'STALE bronze', false],
    ['NULL … kept', 'kept … NULL', false],
  ])('%s is seen in %s: %s', (line, printed, isSeen) => {
    expect(patternOf(line).test(printed)).toBe(isSeen)
  })

  test('lines are looked for in their order', () => {
    expect(missingLine(['a', 'b'], 'x\na\ny\nb\n')).toBeUndefined()
    expect(missingLine(['b', 'a'], 'x\na\ny\nb\n')).toBe('a')
  })

  test('belongs to the commands above it', () => {
    const steps = tourSteps('## One\n```sh\na\nb\n```\ntext\n```text\n1\n2\n```\n## Two\n```sh\nc\n```\n')
    expect(steps).toEqual([
      { heading: 'One', commands: 'a\nb\n', prints: ['1', '2'] },
      { heading: 'Two', commands: 'c\n', prints: [] },
    ])
  })
})

test('a recording moves up a line for each that appears, and shows what was printed as text', () => {
  const svg = castSvg(
    [
      { at: 0, kind: 'command', text: '$ a <b> & c' },
      { at: 1_000, kind: 'output', text: 'one' },
      { at: 1_001, kind: 'output', text: 'two' },
      { at: 4_000, kind: 'output', text: 'three' },
    ],
    { columns: 80, rows: 10 },
  )
  expect(svg).toContain('$ a &#60;b&#62; &#38; c')
  expect(svg).toContain('dur="8.00s"')
  expect(/keyTimes="([^"]*)"/.exec(svg)?.[1]).toBe('0.00000;0.00001;0.12512;0.50000')
  expect(/values="([^"]*)"/.exec(svg)?.[1]).toBe('0 0;0 -17;0 -51;0 -68')
})
