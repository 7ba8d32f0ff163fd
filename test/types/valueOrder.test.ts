import { expect, test } from 'vitest'

import { partitionPoint } from '../../shared/types/index.js'

test('the place is found wherever it lies, at both ends too, and nothing outside is asked for', () => {
  for (let length = 0; length <= 33; length++)
    for (let place = 0; place <= length; place++) {
      const asked: number[] = []
      const isBefore = (index: number) => {
        asked.push(index)
        return index < place
      }
      expect(partitionPoint(length, isBefore)).toBe(place)
      expect(asked.filter(index => index < 0 || index >= length)).toEqual([])
      expect(asked.length).toBeLessThanOrEqual(Math.ceil(Math.log2(length + 1)))
    }
})
