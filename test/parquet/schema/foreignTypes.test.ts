import { describe, expect, test } from 'vitest'

import { durationColumns } from '../../../shared/parquet/schema/arrowSchema.js'
import { Random, seedNote } from '../../random.js'

/** Arrow's schema of id: int64, d: duration[us], s: struct<e: duration[s]>. */
const arrow =
  '/////wABAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAMAAACcAAAAXAAAAAQAAACA////AAABDRQAAAAcAAAABAAAAAEAAAAU' +
  'AAAAAQAAAHMAAAAEAAQABAAAAKz///8AAAESEAAAABQAAAAEAAAAAAAAAAEAAABlAAAA2v///wAAAADU////AAABEhAAAAAYAAAABAAAAAAAAAABAAAAZAAGAAgA' +
  'BgAGAAAAAAACABAAFAAIAAYABwAMAAAAEAAQAAAAAAABAhAAAAAcAAAABAAAAAAAAAACAAAAaWQAAAgADAAIAAcACAAAAAAAAAFAAAAA'

describe("durations, of which only Arrow's own schema in a footer knows", () => {
  test('are found by name, inside structs too', () => {
    expect(durationColumns(arrow)).toEqual([['s', 'e'], ['d']].reverse())
  })

  test('no schema, or one that is damaged anywhere, ends in an answer', () => {
    expect(durationColumns(undefined)).toEqual([])
    const random = new Random()
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from(arrow, 'base64')
      for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
      expect(
        Array.isArray(
          durationColumns(
            bytes.subarray(0, random.below(2) === 0 ? bytes.length : random.below(bytes.length)).toString('base64'),
          ),
        ),
        seedNote,
      ).toBe(true)
    }
  })
})
