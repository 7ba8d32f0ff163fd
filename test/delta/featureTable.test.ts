import { expect, it } from 'vitest'
import { featureRows } from '../../shared/delta/featureTable.js'
import { features } from '../../shared/delta/features.js'

const rows = new Map(featureRows().map(({ name, ...support }) => [name, Object.values(support).join(' ')]))

it.each([
  ['appendOnly', 'yes yes unused yes'],
  ['checkConstraints', 'yes yes yes yes'],
  ['changeDataFeed', 'yes yes yes yes'],
  ['columnMapping', 'yes yes yes yes'],
  ['deletionVectors', 'yes yes yes yes'],
  ['generatedColumns', 'yes unused unused yes'],
  ['icebergCompatV2', 'yes unused unused unused'],
  ['catalogManaged', 'no no no no'],
  ['variantType', 'yes no no no'],
  ['variantShredding', 'yes no no no'],
])('%s is %s: what a table with it is refused is what the gate refuses', (name, support) => {
  expect(rows.get(name)).toBe(support)
})

it('"while unused" is said of what can be in use: the example uses it', () => {
  for (const { name, write } of features) {
    if (write === 'inactive') expect(rows.get(name), name).toContain('unused')
  }
})
