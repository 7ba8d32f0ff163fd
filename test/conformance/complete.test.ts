import { describe, expect, test } from 'vitest'

import { haveConformanceTables, missingConformanceTables } from '../harness/conformanceTables.js'

describe.skipIf(!haveConformanceTables)('the tables of other engines', () => {
  test('an empty or incomplete folder of tables is not a passed comparison', () => {
    expect(missingConformanceTables()).toEqual([])
  })
})
