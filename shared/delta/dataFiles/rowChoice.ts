import type { RoaringBitmap } from '../deletionVectors/index.js'

/** Which rows of a data file are wanted. */
export interface RowChoice {
  /** One past the last position it refers to: a file with fewer rows is not the intended file. */
  readonly end: number
  /** The wanted ones of the `count` rows from `start` on, counted from `start`, ascending; undefined when all are. */
  among(start: number, count: number): Int32Array | undefined
}

/** All but those of the set: what a deletion vector leaves. */
export function allExcept(deleted: RoaringBitmap): RowChoice {
  return {
    end: deleted.end,
    among(start, count) {
      const marks = deleted.marks(start, count)
      return marks === undefined ? undefined : placesOf(count, i => marks[i] === 0)
    },
  }
}

/** Those of the set that are not in `except`: what one deletion vector has that another lacks. */
export function onlyThese(wanted: RoaringBitmap, except?: RoaringBitmap): RowChoice {
  return {
    end: wanted.end,
    among(start, count) {
      const marks = wanted.marks(start, count)
      if (marks === undefined) return new Int32Array(0)
      const not = except?.marks(start, count)
      return placesOf(count, i => marks[i] === 1 && not?.[i] !== 1)
    },
  }
}

function placesOf(count: number, wanted: (place: number) => boolean): Int32Array {
  const places = new Int32Array(count)
  let length = 0
  for (let i = 0; i < count; i++) if (wanted(i)) places[length++] = i
  return places.subarray(0, length)
}
