import { expect, test } from 'vitest'

import { sha256 } from '../../../shared/models/index.js'
import { SessionTable } from '../../../shared/pipeline/incremental/index.js'
import { openSession } from '../../../shared/pipeline/lake/index.js'
import { evaluateChampion } from '../../../shared/pipeline/training/championScores.js'
import { events } from '../../harness/sampleStream/events.js'
import { twoOutputs } from '../../models/onnx/twoOutputs.js'
import { BronzeFixture } from '../bronze/bronzeFixture.js'

const champion = {
  onnx: twoOutputs,
  card: {
    name: 'm',
    version: '1',
    stream: 'events',
    features: [{ column: 'value', kind: 'numeric' as const }],
    input: 'in',
    output: 'same',
    createdAt: '2026-01-01T00:00:00Z',
    sha256: sha256(twoOutputs),
  },
}

test.each([
  [undefined, 1],
  ['negated', 0],
])('a champion is compared by the output that gold scores with: declared %s', async (output, auc) => {
  await using f = await BronzeFixture.open()
  await using session = await openSession(f.lake)
  const table = await SessionTable.create(
    session,
    'held_out',
    ['value'],
    'SELECT unnest([1.0, 2, 3, 9])::DOUBLE AS value',
  )
  const model = { uri: 'lake:models/m', features: [], output, threshold: undefined, anomalies: 'above' as const }
  const stream = { ...events, model }
  const held = { table, columns: ['value'], anomalies: Uint8Array.of(0, 0, 0, 1), kinds: ['value' as const] }
  expect(await evaluateChampion(f.lake, stream, champion, held)).toMatchObject({ version: '1', evaluation: { auc } })
})
