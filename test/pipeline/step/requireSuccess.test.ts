import { describe, expect, test } from 'vitest'

import { requireSuccess } from '../../../shared/pipeline/step/requireSuccess.js'
import type { StepReport } from '../../../shared/pipeline/step/stepReport.js'

const report = (stream: string, more: Partial<StepReport> = {}): StepReport => ({
  step: 'silver',
  stream,
  outcome: 'committed',
  rowsIn: 1,
  rowsOut: 1,
  detail: {},
  durationMs: 1,
  ...more,
})
const failed = (stream: string): StepReport =>
  report(stream, { outcome: 'failed', error: { code: 'NO_TABLE', message: `no table of ${stream}`, retryable: false } })

describe('a run of several steps', () => {
  test('of which one failed is a failed run, however many did their work', () => {
    expect(() => requireSuccess([report('a'), failed('b'), report('c')])).toThrow('silver of b: no table of b')
  })

  test('of which several failed names all of them', () => {
    expect(() => requireSuccess([failed('a'), report('b'), failed('c')])).toThrow(
      'silver of a: no table of a\nsilver of c: no table of c',
    )
  })

  test('of which none failed gives its reports', () => {
    const reports = [report('a'), report('b', { outcome: 'nothingToDo' })]
    expect(requireSuccess(reports)).toBe(reports)
  })
})
