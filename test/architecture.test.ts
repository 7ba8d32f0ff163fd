import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/** What every layer stands on. */
const foundation = ['shared/errors.ts', 'shared/clock.ts', 'shared/processName.ts']

/** What each layer may import of the others; its own folder is always allowed, and so is the foundation. */
const mayImport: Record<string, readonly string[]> = {
  'shared/types': [],
  'shared/storage': ['shared/types'],
  'shared/parquet': ['shared/storage', 'shared/types'],
  'shared/delta': ['shared/storage', 'shared/parquet'],
  'shared/contract': ['shared/parquet'],
  'shared/streams': ['shared/contract'],
  'shared/telemetry': ['shared/storage'],
  'shared/sources': ['shared/contract', 'shared/telemetry', 'shared/settings.ts'],
  'shared/models': ['shared/storage', 'shared/telemetry', 'shared/parquet'],
  'shared/query': ['shared/storage', 'shared/parquet', 'shared/delta', 'shared/contract', 'shared/telemetry'],
  'shared/settings.ts': ['shared/contract', 'shared/settings', 'shared/telemetry'],
  'shared/settings': ['shared/contract', 'shared/telemetry', 'shared/storage'],
  'shared/pipeline': [
    'shared/contract',
    'shared/streams',
    'shared/sources',
    'shared/delta',
    'shared/models',
    'shared/query',
    'shared/telemetry',
    'shared/parquet',
    'shared/storage',
    'shared/settings.ts',
  ],
  'shared/cli': ['shared'],
  functions: ['shared/pipeline', 'shared/sources', 'shared/streams', 'shared/settings.ts', 'shared/contract'],
  infra: ['shared'],
}

/** Packages that only one place may know. */
const packageHomes: Record<string, readonly string[]> = {
  '@azure/storage-blob': ['shared/storage/azureBlob'],
  '@azure/functions': ['functions', 'infra/local/host'],
  '@azure/event-hubs': ['shared/sources'],
  kafkajs: ['shared/sources', 'infra/local'],
  '@duckdb/node-api': ['shared/query'],
  hyparquet: ['shared/parquet'],
  'hyparquet-writer': ['shared/parquet'],
}

const root = resolve(import.meta.dirname, '..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(e => e.isFile() && e.name.endsWith('.ts'))
    .map(e => relative(root, join(e.parentPath, e.name)))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g)].map(m => m[1] ?? m[2] ?? '')
}

const layerOf = (file: string) =>
  Object.keys(mayImport)
    .filter(layer => file === layer || file.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0]

const files = ['functions', 'shared', 'infra'].flatMap(sources)

describe('dependencies point one way', () => {
  test('every source file belongs to a layer', () => {
    const strays = files.filter(f => layerOf(f) === undefined && !foundation.includes(f))
    expect(strays).toEqual([])
  })

  test('no layer imports one above it', () => {
    const wrong: string[] = []
    for (const file of files) {
      const layer = layerOf(file)
      if (layer === undefined) continue
      for (const spec of importsOf(file).filter(s => s.startsWith('.'))) {
        const target = relative(root, resolve(root, dirname(file), spec)).replace(/\.js$/, '.ts')
        if (foundation.includes(target) || target.startsWith('shared/types/')) continue
        const allowed = [layer, ...(mayImport[layer] ?? [])]
        if (!allowed.some(a => target === a || target.startsWith(`${a}/`))) wrong.push(`${file} imports ${target}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('a package is known only where it belongs', () => {
    const wrong: string[] = []
    for (const file of files) {
      for (const spec of importsOf(file)) {
        for (const [name, homes] of Object.entries(packageHomes)) {
          if ((spec === name || spec.startsWith(`${name}/`)) && !homes.some(h => file.startsWith(h))) {
            wrong.push(`${file} imports ${spec}`)
          }
        }
      }
    }
    expect(wrong).toEqual([])
  })

  test('objects that are filled by names from outside have nothing behind them', () => {
    const plain = sources('shared').filter(f => /\bRecord<string, [^=\n]*> = \{\}$/m.test(readFileSync(join(root, f), 'utf8')))
    expect(plain, 'use namedValues() of shared/types/namedValues.ts').toEqual([])
  })

  test('functions hold no logic: one registration a file', () => {
    const long = sources('functions').filter(f => readFileSync(join(root, f), 'utf8').split('\n').length > 60)
    expect(long).toEqual([])
  })
})
