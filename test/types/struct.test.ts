import { expect, test } from 'vitest'

import { fieldNamed } from '../../shared/types/struct.js'

test('a field is found by its own name before one that differs in letter case', () => {
  const fields = [{ name: 'ID' }, { name: 'id' }, { name: 'Kind' }]
  expect(fieldNamed(fields, 'id')).toBe(fields[1])
  expect(fieldNamed(fields, 'ID')).toBe(fields[0])
  expect(fieldNamed(fields, 'kind')).toBe(fields[2])
  expect(fieldNamed(fields, 'Id')).toBe(fields[0])
  expect(fieldNamed(fields, 'kinds')).toBeUndefined()
})
