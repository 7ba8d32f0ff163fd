import { expect, test } from 'vitest'

import { safeStart } from '../../../shared/storage/azureBlob/azureBlobListing.js'
import { compareUtf8 } from '../../../shared/storage/objectPath.js'
import { Random, seedNote } from '../../random.js'

test('a listing of a log starts at the version', () => {
  expect(safeStart('t/_delta_log/', 't/_delta_log/00000000000000000010.json')).toBe('t/_delta_log/00000000000000000010')
  expect(safeStart('t/_delta_log/', 't/_delta_log/00000000000000000010')).toBe('t/_delta_log/00000000000000000010')
})

test('the prefix itself may hold any character', () => {
  expect(safeStart('a b.c/', 'a b.c/d.e')).toBe('a b.c/d')
  expect(safeStart('a b.c/', 'a b.c/.e')).toBeUndefined()
  expect(safeStart('log/', 'aaa')).toBeUndefined()
})

test('a start loses nothing in any of the orders that services keep', () => {
  const random = new Random()
  const alphabet = ['a', 'b', '/', '-', '.', '\u{1f600}', '\uffee']
  const text = () => Array.from({ length: 1 + random.below(5) }, () => random.pick(alphabet)).join('')
  // A hierarchical namespace compares as if the slash came before all else; Azurite compares UTF-16.
  const orders = [compareUtf8, folderOrder, utf16Order]
  for (let i = 0; i < 5000; i++) {
    const [after, name] = [text(), text()]
    const start = safeStart('', after)
    if (start === undefined || compareUtf8(name, after) <= 0) continue
    for (const order of orders)
      expect(order(name, start), `${seedNote}: ${JSON.stringify({ after, name })}`).toBeGreaterThanOrEqual(0)
  }
})

function folderOrder(a: string, b: string): number {
  return compareUtf8(a.replaceAll('/', '\0'), b.replaceAll('/', '\0'))
}

function utf16Order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
