import { expect, test } from 'vitest'

import { contextOfRun, parseTraceparent } from '../../shared/telemetry/index.js'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

test('a traceparent is read, also one of a version to come', () => {
  const context = { traceId: trace, spanId: span }
  expect(parseTraceparent(`00-${trace}-${span}-01`)).toEqual(context)
  expect(parseTraceparent(`cc-${trace}-${span}-01`)).toEqual(context)
  expect(parseTraceparent(`cc-${trace}-${span}-01-what-comes`)).toEqual(context)
})

test.each([
  ['nothing', ''],
  ['capital letters', `00-${trace.toUpperCase()}-${span}-01`],
  ['more than its version has', `00-${trace}-${span}-01-more`],
  ['the version that is none', `ff-${trace}-${span}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`],
  ['a span of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
  ['a line end', `00-${trace}-${span}-01\n`],
  ['a short span', `00-${trace}-${span.slice(1)}-01`],
])('%s is no traceparent', (_, text) => {
  expect(parseTraceparent(text)).toBeUndefined()
})

test("a run's span has the run's own id, and what is no UUID has none", () => {
  expect(contextOfRun('0AF76519-16cd-43dd-8448-eb211c80319c')).toEqual({ traceId: trace, spanId: '8448eb211c80319c' })
  for (const id of ['', 'a', `${trace}0`, '0af76519-16cd-43dd-0000-000000000000'])
    expect(contextOfRun(id)).toBeUndefined()
})
