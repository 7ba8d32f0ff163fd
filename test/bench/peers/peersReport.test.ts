import { expect, test } from 'vitest'

import type { PeerFigures } from './peersBench.js'
import { peersPicture, peersTable } from './peersReport.js'

const cost = { rows: 1_000, measuredRows: 750, seconds: 0.005, cpuSeconds: 0.003, peakBytes: 300 * 2 ** 20 }
const peers: readonly PeerFigures[] = [
  {
    name: 'one',
    ingest: cost,
    bytesPerRow: 19.6,
    refine: { ...cost, seconds: 2.04 },
    freshness: { events: 9, p50: 250, p99: 1_100 },
  },
  { name: 'two', ingest: { ...cost, seconds: 0.01 }, bytesPerRow: 20, refine: undefined, freshness: undefined },
]

test('figures are those of what was measured, and what was not is left empty', () => {
  expect(peersTable(peers).split('\n').slice(2)).toEqual([
    '| one | 150,000 | 4.0 | 300 MB | 20 | 2.0 s | 0.0 s | 300 MB | 0.25 s | 1.10 s |',
    '| two | 75,000 | 4.0 | 300 MB | 20 |  |  |  |  |  |',
  ])
})

test('the picture has a bar for each figure', () => {
  expect(peersPicture(peers).match(/<rect /g)).toHaveLength(2 + 2 + 2 + 1)
})
