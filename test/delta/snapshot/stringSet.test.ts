import { describe, expect, test } from 'vitest'

import { StringSet } from '../../../shared/delta/snapshot/stringSet.js'
import { Random, seedNote } from '../../random.js'

describe('a set of texts by their hashes', () => {
  test('answers as a set of texts does, also when it has grown many times', () => {
    const random = new Random()
    const set = new StringSet()
    const model = new Set<string>()
    for (let i = 0; i < 20_000; i++) {
      const text = `part-${random.below(12_000)}${random.pick(['', '\n', '\nuab@1', ' '])}`
      expect(set.has(text), `${seedNote}: ${text}`).toBe(model.has(text))
      expect(set.add(text), `${seedNote}: ${text}`).toBe(!model.has(text))
      model.add(text)
      expect(set.size).toBe(model.size)
    }
    for (const text of model) expect(set.has(text)).toBe(true)
    expect(set.has('')).toBe(false)
  })
})
