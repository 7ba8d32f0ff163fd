import { expect, test } from 'vitest'

import { decodeActions } from '../../../shared/delta/actions/index.js'
import { writersTimeOf } from '../../../shared/delta/log/index.js'

test.each([
  ['1743500000000', 1743500000000],
  ['1743500000000000000000', 1743500000000000000000],
  ['"yesterday"', undefined],
  ['null', undefined],
])('what a writer says of its time may be anything: %s', (text, time) => {
  expect(writersTimeOf(decodeActions(`{"commitInfo":{"timestamp":${text},"operation":"WRITE"}}`))).toBe(time)
})
