import { expect, test } from 'vitest'

import type { AddFile } from '../../../shared/delta/index.js'
import { filePieces } from '../../../shared/pipeline/incremental/index.js'

const file = (rows: number, size: number): AddFile => ({
  path: `${rows}-${size}`,
  partitionValues: {},
  size,
  modificationTime: 0,
  dataChange: true,
  stats: `{"numRecords":${rows}}`,
})

test('few wide rows fill a piece by their bytes, many narrow ones by their number', () => {
  const narrow = [file(40, 10), file(40, 10), file(40, 10)]
  const wide = [file(1, 600), file(1, 300), file(1, 200)]
  const pieces = filePieces([...narrow, ...wide], { rows: 100, bytes: 1_000 })
  expect(pieces.map(piece => piece.length)).toEqual([2, 3, 1])
})

test('a file that is larger than a piece goes by itself, and an empty one holds up nothing', () => {
  const pieces = filePieces([file(0, 0), file(500, 9_999), file(1, 1)], { rows: 100, bytes: 1_000 })
  expect(pieces.map(piece => piece.length)).toEqual([1, 1, 1])
})
