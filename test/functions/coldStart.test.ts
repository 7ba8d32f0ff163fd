import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** What is loaded before the host can list the functions: their files and all that these import, but not what waits for `import()`. */
function loadedModules(): { readonly own: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const own = new Set<string>()
  const packages = new Set<string>()
  const waiting = readdirSync(join(root, 'functions')).map(name => `functions/${name}`)
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (own.has(file)) continue
    own.add(file)
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, types, spec = ''] of text.matchAll(
      /(?:^|\n)(?:import|export)\s+(type\s)?[^'"`;]*?from\s+'([^']+)'/g,
    )) {
      if (types !== undefined) continue
      if (spec.startsWith('.')) waiting.push(relative(root, resolve(root, dirname(file), spec)).replace(/\.js$/, '.ts'))
      else packages.add(spec)
    }
  }
  return { own, packages }
}

describe('until the functions are listed', () => {
  const { own, packages } = loadedModules()

  test('no database, no model, no broker and no storage client is loaded', () => {
    const heavy = /^(@duckdb|onnxruntime|@azure\/(?!functions$)|kafkajs)/
    expect([...packages].filter(name => heavy.test(name))).toEqual([])
    expect(
      [...own].filter(file =>
        /^shared\/(storage\/azureBlob|sources\/(kafka|eventHubs)|delta\/d[md]l|models|pipeline\/gold|query\/(condition|spark|catalog))\//.test(
          file,
        ),
      ),
    ).toEqual([])
  })

  test('of the Parquet packages no index is loaded, which would load all of their readers, writers and codecs', () => {
    const parquet = [...packages].filter(name => name.startsWith('hyparquet'))
    expect(parquet).toContain('hyparquet/src/metadata.js')
    expect(parquet.filter(name => !name.includes('/src/'))).toEqual([])
  })

  test('the number of our own modules grows only on purpose', () => {
    expect(own.size).toBeGreaterThan(100)
    expect(own.size).toBeLessThanOrEqual(455)
  })
})
