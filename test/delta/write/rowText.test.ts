import { expect, test } from 'vitest'

import { rowText } from '../../../shared/delta/write/rowText.js'
import type { Column, DataType, Value } from '../../../shared/types/index.js'

const column = (name: string, type: DataType, value: Value): Column => ({
  field: { name, type, nullable: true },
  data: [value],
})

test('a message shows values as their types have them, not as they lie in memory', () => {
  const columns = [
    column('amount', { type: 'decimal', precision: 10, scale: 2 }, -100n),
    column('day', 'date', 20_089),
    column('at', 'timestamp', 1_735_689_600_000_001n),
    column('name', 'string', 'a "b"'),
    column('bytes', 'binary', Uint8Array.of(1, 255)),
    column('none', 'long', null),
    column('list', { type: 'array', elementType: 'long', containsNull: true }, [1n]),
  ]
  expect(rowText({ count: 1, columns }, 0)).toBe(
    'amount = -1.00, day = 2025-01-01, at = 2025-01-01T00:00:00.000001Z, name = "a \\"b\\"", bytes = 0x01ff, none = null, list = ["1"]',
  )
})

test('a message stays short whatever the row', () => {
  const columns = Array.from({ length: 50 }, (_, i) => column(`c${i}`, 'string', 'x'.repeat(1000)))
  expect(rowText({ count: 1, columns }, 0).length).toBeLessThan(2_000)
})
