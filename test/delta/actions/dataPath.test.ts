import { describe, expect, test } from 'vitest'

import { canonicalPath, decodeLogPath, encodeLogPath, resolveDataPath } from '../../../shared/delta/actions/dataPath.js'
import { fileKey } from '../../../shared/delta/actions/fileKey.js'
import { newDataFileName } from '../../../shared/delta/dataFiles/dataFileName.js'
import { Random, seedNote } from '../../random.js'

describe('paths', () => {
  test.each([
    ['p=a%2Fb', 'p=a%252Fb'],
    ['p=100%25', 'p=100%2525'],
    ['p=2024-01-01 00%3A00%3A00', 'p=2024-01-01%2000%253A00%253A00'],
    ['p=+&@,;$~', 'p=+&@,;$~'],
    ['p=é中😀', 'p=é中😀'],
    ['p=<|>}', 'p=%3C%7C%3E%7D'],
    ['p=__HIVE_DEFAULT_PARTITION__', 'p=__HIVE_DEFAULT_PARTITION__'],
  ])('the file name %s is in the log as Spark writes it', (name, logged) => {
    expect(encodeLogPath(name)).toBe(logged)
  })

  test('a log path is decoded exactly once, and a plus stays a plus', () => {
    expect(decodeLogPath('p=a%252Fb/x+y%20z.parquet')).toBe('p=a%2Fb/x+y z.parquet')
    expect(() => decodeLogPath('100%', { version: 2 })).toThrow(/"100%" is not percent-encoded.*version 2/)
  })

  test('every name comes back, whatever is in it', () => {
    const random = new Random()
    for (let i = 0; i < 3000; i++) {
      const name = random.pick(['', 'a:b/', 'c:']) + random.text(12) + '.parquet'
      if (name.startsWith('/')) continue
      expect(resolveDataPath('https://x/lake', encodeLogPath(name)), seedNote).toEqual({ kind: 'relative', name })
    }
  })

  test.each([
    ['file:///lake/t', 'file:///lake/t/a%20b.parquet', { kind: 'relative', name: 'a b.parquet' }],
    ['file:///lake/t', '/lake/t/a.parquet', { kind: 'relative', name: 'a.parquet' }],
    ['file:///lake/t', 'file:/other/a%2525.parquet', { kind: 'absolute', url: 'file:///other/a%2525.parquet' }],
    ['file:///lake/t', '/lake/t2/a.parquet', { kind: 'absolute', url: 'file:///lake/t2/a.parquet' }],
    [
      'abfss://c@a.dfs.core.windows.net/t/',
      'abfss://c@a.dfs.core.windows.net/t/p=1/a',
      { kind: 'relative', name: 'p=1/a' },
    ],
    ['abfss://c@a.dfs.core.windows.net/t', 's3://bucket/a%20b', { kind: 'absolute', url: 's3://bucket/a%20b' }],
  ])('in the table %s, %s', (table, path, resolved) => {
    expect(resolveDataPath(table, path)).toEqual(resolved)
  })

  test('two spellings of one file have one key, and a deletion vector makes another', () => {
    const spellings = ['file:///some/p%20q', 'file:/some/p q', '/some/p%20q', 'file://localhost/some/p%20q']
    expect(new Set(spellings.map(canonicalPath))).toEqual(new Set(['/some/p q']))
    const vector = { storageType: 'u', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1n } as const
    const keys = [undefined, vector, { ...vector, offset: 0 }, { ...vector, offset: 1 }].map(deletionVector =>
      fileKey({ path: 'a', deletionVector }),
    )
    expect(new Set(keys).size).toBe(4)
  })

  test('new names differ, need no encoding and are not hidden', () => {
    const names = Array.from({ length: 100 }, () => newDataFileName())
    expect(new Set(names).size).toBe(100)
    for (const name of names) {
      expect(encodeLogPath(name)).toBe(name)
      expect(name).not.toMatch(/(^|\/)[_.]/)
    }
  })
})
