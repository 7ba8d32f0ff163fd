import { expect, test } from 'vitest'

import { silverPath } from '../../../shared/contract/index.js'
import { openSession } from '../../../shared/pipeline/lake/index.js'
import { drawSample } from '../../../shared/pipeline/training/trainingSample.js'
import { events } from '../../harness/sampleStream/events.js'
import { SilverFixture } from '../silver/silverFixture.js'
import { writeSilver } from './trainingFixture.js'

const day0 = 1_743_465_600_000_000n
const hour = 3_600_000_000n

test.each([
  ['at its beginning', 0n, 20],
  ['a microsecond after its beginning', 1n, 10],
  ['between two files', 2n * hour, 10],
  ['behind the last event', 3n * hour + 1n, 0],
])('rows of a span have its very first: a span that begins %s', async (_, after, wanted) => {
  await using f = await SilverFixture.open()
  // Two files, in each of which all events have one time.
  await writeSilver(f.lake, events, { to: 10, time: String(12n * hour) })
  await writeSilver(f.lake, events, { from: 10, to: 20, time: String(15n * hour) })
  const silver = await f.lake.table(silverPath(events)).snapshot()
  if (silver === undefined) throw new Error('silver cannot be found')
  await using session = await openSession(f.lake)
  const since = day0 + 12n * hour + after
  const sample = await drawSample(session, { lake: f.lake, stream: events, silver }, ['value'], {
    since,
    rows: 100,
    seed: 1,
  })
  expect(await sample.count()).toBe(wanted)
})
