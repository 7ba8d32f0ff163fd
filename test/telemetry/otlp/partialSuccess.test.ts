import { expect, test } from 'vitest'

import { partialSuccessText } from '../../../shared/telemetry/otlp/partialSuccess.js'

test.each([
  ['{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}', '2 were rejected: too old'],
  ['{"partialSuccess":{"rejectedDataPoints":3}}', '3 were rejected'],
  ['{"partialSuccess":{"rejectedSpans":"0","errorMessage":"use another path"}}', 'use another path'],
  ['{"partialSuccess":{}}', undefined],
  ['{"partialSuccess":null}', undefined],
  ['{}', undefined],
  ['', undefined],
  ['<partialSuccess/>', undefined],
])('%s says %s', (body, expected) => {
  expect(partialSuccessText(body)).toBe(expected)
})
