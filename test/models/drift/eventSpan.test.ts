import { expect, test } from 'vitest'

import {
  decodeReference,
  describeColumn,
  encodeReference,
  hoursOfPartOfDay,
} from '../../../shared/models/drift/index.js'

const at = (day: number, hour: number, minute = 0) => Date.UTC(2025, 3, day, hour, minute)

test.each([
  [at(1, 13, 5), at(1, 14, 59), 'hours 13–14'],
  [at(1, 13), at(1, 13), 'hour 13'],
  [at(1, 23, 50), at(2, 0, 10), 'hours 23–0'],
  [at(1, 0), at(1, 22, 59), 'hours 0–22'],
  [Date.UTC(1969, 11, 31, 22), Date.UTC(1969, 11, 31, 23, 30), 'hours 22–23'],
  // All hours of a day, although a minute less than a day; two days.
  [at(1, 0), at(1, 23, 59), undefined],
  [at(1, 13, 30), at(2, 12, 15), undefined],
  [at(1, 9), at(3, 17), undefined],
])('from %i to %i: %s', (first, last, hours) => {
  expect(hoursOfPartOfDay({ first, last })).toBe(hours)
})

test('the span of a reference comes back as it was written, and one without it is read as before', () => {
  const columns = [describeColumn('value', Float32Array.of(1, 2, 3))]
  for (const span of [undefined, { first: at(1, 13), last: at(1, 14, 30) }])
    expect(decodeReference(encodeReference({ rows: 3, columns, span }), 'r')).toEqual({
      rows: 3,
      columns,
      ...(span === undefined ? {} : { span }),
    })
})
