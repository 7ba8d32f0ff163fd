import { expect, test } from 'vitest'

import { activeUse } from '../../../shared/delta/protocol/feature.js'
import { features } from '../../../shared/delta/protocol/features.js'
import { featureRows } from '../../../shared/delta/protocol/featureTable.js'

const rows = new Map(featureRows().map(({ name, ...support }) => [name, Object.values(support).join(' ')]))

test.each([
  ['appendOnly', 'yes yes unused yes'],
  ['checkConstraints', 'yes yes yes yes'],
  ['changeDataFeed', 'yes yes yes yes'],
  ['columnMapping', 'yes yes yes yes'],
  ['deletionVectors', 'yes yes yes yes'],
  ['generatedColumns', 'yes unused unused yes'],
  ['icebergCompatV2', 'yes unused unused unused'],
  ['catalogManaged', 'no no no no'],
  ['variantType', 'yes no no yes'],
  ['variantShredding', 'yes no no yes'],
])('%s is %s: what a table with it is refused is what the gate refuses', (name, support) => {
  expect(rows.get(name)).toBe(support)
})

test('"while unused" stands with what can be in use: the example uses it', () => {
  const unused = { configuration: {}, schema: { type: 'struct', fields: [] } } as const
  for (const feature of features) {
    const { name, write } = feature
    const canBeUnused = activeUse(feature, unused, 'append') === undefined
    if (write === 'inactive' && canBeUnused) expect(rows.get(name), name).toContain('unused')
  }
})
