import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

interface Layer {
  /** The layers below; a layer also uses itself and the ground. */
  readonly uses: readonly string[]
  /** Its rooms, from the ground up: each may use those before it, and the files beside them. */
  readonly rooms?: readonly string[]
  /** Rooms that have a door for other layers; the layer's own index is its first door. */
  readonly doors?: readonly string[]
  /** Rooms without input or output; `.` is the layer as a whole. */
  readonly pure?: readonly string[]
}

/** What every layer stands on. */
const ground = ['shared/errors.ts', 'shared/clock.ts']

const below = ['shared/types', 'shared/storage', 'shared/parquet']
const engine = [...below, 'shared/delta', 'shared/contract', 'shared/telemetry', 'shared/settings']
const sides = [...engine, 'shared/streams', 'shared/sources', 'shared/models', 'shared/query']

const layers: Readonly<Record<string, Layer>> = {
  'shared/types': { uses: [], pure: ['.'] },
  'shared/storage': {
    uses: ['shared/types'],
    rooms: ['address', 'faults', 'localDisk', 'azureBlob'],
    doors: ['faults', 'azureBlob'],
  },
  'shared/parquet': {
    uses: ['shared/types', 'shared/storage'],
    rooms: ['base', 'schema', 'encoding', 'page', 'write', 'assembly', 'variant', 'read', 'extract'],
    doors: ['extract'],
    pure: ['schema', 'encoding', 'assembly', 'variant'],
  },
  'shared/delta': {
    uses: below,
    rooms: [
      'actions',
      'schema',
      'deletionVectors',
      'protocol',
      'stats',
      'log',
      'checkpoint',
      'snapshot',
      'dataFiles',
      'scan',
      'changeDataFeed',
      'transaction',
      'table',
      'write',
      'ddl',
      'maintenance',
      'dml',
    ],
    doors: ['dataFiles', 'ddl', 'maintenance', 'dml'],
    pure: ['schema', 'protocol', 'stats'],
  },
  'shared/contract': {
    uses: ['shared/types'],
    rooms: ['undeclared', 'documentation', 'scanning'],
    doors: ['documentation', 'scanning'],
    pure: ['.'],
  },
  'shared/telemetry': {
    uses: ['shared/types', 'shared/storage'],
    rooms: ['sending', 'metrics', 'otlp'],
    doors: ['sending', 'metrics', 'otlp'],
  },
  'shared/settings': { uses: ['shared/types', 'shared/storage', 'shared/contract', 'shared/telemetry'] },
  'shared/streams': { uses: ['shared/types', 'shared/contract'] },
  'shared/sources': {
    uses: engine,
    rooms: ['memory', 'synthetic', 'registry', 'avro', 'protobuf', 'formats', 'kafka', 'eventHubs', 'trigger'],
    doors: ['memory', 'synthetic', 'kafka', 'eventHubs', 'trigger'],
  },
  'shared/models': {
    uses: engine,
    rooms: ['features', 'card', 'onnx', 'starter', 'forest', 'scoring', 'evaluation', 'drift', 'folder', 'mlflow'],
    doors: ['forest', 'scoring', 'evaluation', 'drift', 'mlflow'],
    pure: ['features', 'card', 'starter', 'forest', 'evaluation', 'drift'],
  },
  'shared/query': {
    uses: engine,
    rooms: ['duckdb', 'scan', 'condition', 'spark', 'catalog', 'restricted'],
    doors: ['condition', 'spark', 'catalog', 'restricted'],
  },
  'shared/pipeline': {
    uses: sides,
    rooms: [
      'lineage',
      'lake',
      'step',
      'pause',
      'incremental',
      'keyIndex',
      'runLog',
      'features',
      'models',
      'bronze',
      'outcomes',
      'silver',
      'quarantine',
      'contractCheck',
      'gold',
      'training',
      'retention',
      'monitor',
      'maintenance',
      'status',
      'cost',
      'overview',
      'erasure',
    ],
    doors: [
      'lake',
      'step',
      'pause',
      'incremental',
      'keyIndex',
      'runLog',
      'models',
      'bronze',
      'outcomes',
      'silver',
      'quarantine',
      'contractCheck',
      'gold',
      'training',
      'retention',
      'monitor',
      'maintenance',
      'status',
      'cost',
      'overview',
      'erasure',
    ],
  },
  'shared/alerts': {
    uses: [...sides, 'shared/pipeline'],
    rooms: ['rules', 'delivery'],
    doors: ['rules', 'delivery'],
    pure: ['rules'],
  },
  'shared/page': {
    uses: [
      'shared/types',
      'shared/contract',
      'shared/settings',
      'shared/telemetry',
      'shared/query',
      'shared/pipeline',
      'shared/alerts',
    ],
    rooms: ['access', 'sections'],
    doors: ['access'],
  },
  'shared/cli': {
    uses: [...sides, 'shared/pipeline', 'shared/alerts', 'shared/page'],
    rooms: ['arguments', 'output', 'input', 'tables', 'commands'],
  },
  functions: {
    uses: [
      'shared/contract',
      'shared/settings',
      'shared/streams',
      'shared/sources',
      'shared/pipeline',
      'shared/alerts',
      'shared/page',
    ],
  },
  'infra/bicep': { uses: ['shared/contract', 'shared/settings', 'shared/streams', 'shared/alerts'], pure: ['.'] },
  'infra/package': { uses: [] },
  'infra/local': {
    uses: [...sides, 'shared/pipeline', 'shared/cli'],
    rooms: ['kafka', 'host'],
    doors: ['kafka', 'host'],
  },
}

/** Packages that only one place may know. */
const packageHomes: Readonly<Record<string, readonly string[]>> = {
  '@azure/storage-blob': ['shared/storage/azureBlob/'],
  '@azure/identity': ['shared/storage/azureBlob/', 'shared/sources/eventHubs/'],
  '@azure/functions': ['functions/', 'infra/local/host/'],
  '@azure/event-hubs': ['shared/sources/eventHubs/'],
  kafkajs: ['shared/sources/kafka/', 'infra/local/'],
  '@duckdb/node-api': ['shared/query/duckdb/'],
  'onnxruntime-web': ['shared/models/onnx/'],
  protobufjs: ['shared/sources/protobuf/'],
  rolldown: ['infra/package/'],
  hyparquet: ['shared/parquet/hyparquetInternals.ts'],
  'hyparquet-writer': ['shared/parquet/hyparquetInternals.ts'],
  'hyparquet-compressors': ['shared/parquet/hyparquetInternals.ts', 'shared/parquet/hyparquetCompressors.d.ts'],
}

/** Built-in modules that compute and reach nothing. */
const pureModules = ['node:buffer', 'node:crypto', 'node:util']

const root = resolve(import.meta.dirname, '..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(e => e.isFile() && e.name.endsWith('.ts'))
    .map(e => relative(root, join(e.parentPath, e.name)))
}

interface Import {
  readonly from: string
  readonly spec: string
  /** The file, for an import by a path. */
  readonly to: string | undefined
  readonly typeOnly: boolean
  readonly lazy: boolean
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^'"`;]*?from\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(importPattern)].map(match => {
    const spec = match[2] ?? match[3] ?? match[4] ?? ''
    const to = spec.startsWith('.') ? join(dirname(file), spec).replace(/\.js$/, '.ts') : undefined
    return { from: file, spec, to, typeOnly: match[1] !== undefined, lazy: match[4] !== undefined }
  })
}

const layerOf = (file: string) => Object.keys(layers).find(layer => file.startsWith(`${layer}/`))

/** The room of a file within its layer; empty for a file beside the rooms. */
const roomOf = (file: string, layer: string) => relative(layer, dirname(file)).split('/')[0] ?? ''

const isLayersOwn = (file: string) => ground.includes(file) || layerOf(file) !== undefined

const files = ['functions', 'shared', 'infra'].flatMap(sources)
const imports = files.flatMap(importsOf)
const tests = sources('test')

/** Why an import goes where it may not; `undefined` when it may. */
function fault({ from, to, lazy }: Import): string | undefined {
  if (to === undefined || ground.includes(to)) return undefined
  const layer = layerOf(from)
  const target = layerOf(to)
  if (layer === undefined || target === undefined) return 'which is in no layer'
  if (layer !== target) {
    if (layers[layer]?.uses.includes(target) !== true) return `which ${layer} stands below or beside`
    const doors = [target, ...(layers[target]?.doors ?? []).map(room => `${target}/${room}`)].map(
      folder => `${folder}/index.ts`,
    )
    return doors.includes(to) ? undefined : 'which is no door'
  }
  const [room, other] = [roomOf(from, layer), roomOf(to, layer)]
  if (room === other || other === '') return undefined
  const order = layers[layer]?.rooms ?? []
  if (room !== '' && order.indexOf(other) > order.indexOf(room)) return `a room above ${room}`
  return basename(to) === 'index.ts' || lazy ? undefined : 'which is no door'
}

describe('dependencies point one way', () => {
  test('every source file belongs to a layer, and every folder to a room that is known', () => {
    expect(files.filter(file => !isLayersOwn(file))).toEqual([])
    const unknown = files.filter(file => {
      const layer = layerOf(file)
      if (layer === undefined) return false
      const room = roomOf(file, layer)
      return room !== '' && layers[layer]?.rooms?.includes(room) !== true
    })
    expect(unknown).toEqual([])
  })

  test('no layer and no room imports one above it, and what is imported of another is its door', () => {
    const wrong = imports.flatMap(one => {
      const why = fault(one)
      return why === undefined ? [] : [`${one.from} imports ${one.to ?? one.spec}, ${why}`]
    })
    expect(wrong).toEqual([])
  })

  test('the check sees an inner file, a room above and a layer above', () => {
    const from = (file: string, to: string): Import => ({ from: file, to, spec: '', typeOnly: false, lazy: false })
    expect(fault(from('shared/pipeline/bronze/append.ts', 'shared/delta/log/commit.ts'))).toMatch(/no door/)
    expect(fault(from('shared/delta/log/commit.ts', 'shared/delta/actions/actions.ts'))).toMatch(/no door/)
    expect(fault(from('shared/delta/log/commit.ts', 'shared/delta/snapshot/index.ts'))).toMatch(/above log/)
    expect(fault(from('shared/delta/log/commit.ts', 'shared/pipeline/index.ts'))).toMatch(/stands below/)
    expect(fault(from('shared/delta/log/commit.ts', 'shared/parquet/index.ts'))).toBeUndefined()
    expect(fault(from('shared/pipeline/silver/silverStep.ts', 'shared/delta/dml/index.ts'))).toBeUndefined()
  })

  test('no module needs itself, not for a type either', () => {
    const graph = new Map<string, string[]>()
    for (const { from, to, lazy } of imports)
      if (to !== undefined && !lazy) graph.set(from, [...(graph.get(from) ?? []), to])
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      if (done.has(file) || path.includes(file)) return
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(circles).toEqual([])
  })

  test('a room that is declared pure reaches nothing outside the process', () => {
    const pure = Object.entries(layers).flatMap(([layer, { pure: rooms = [] }]) =>
      rooms.map(room => (room === '.' ? `${layer}/` : `${layer}/${room}/`)),
    )
    const wrong = imports
      .filter(
        ({ from, spec, to, typeOnly }) =>
          pure.some(room => from.startsWith(room)) &&
          !typeOnly &&
          (to?.startsWith('shared/storage/') ?? (spec.startsWith('node:') && !pureModules.includes(spec))),
      )
      .map(({ from, spec }) => `${from} imports ${spec}`)
    expect(wrong).toEqual([])
  })

  test('a door names what it gives', () => {
    const doors = files.filter(file => basename(file) === 'index.ts')
    expect(doors.filter(file => /export \*/.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
    for (const [layer, { rooms = [] }] of Object.entries(layers))
      for (const room of rooms.filter(name => name !== 'commands'))
        expect(existsSync(join(root, layer, room, 'index.ts')), `${layer}/${room}`).toBe(true)
  })

  test('tests see the inside of the layer they mirror only', () => {
    const wrong = tests.flatMap(importsOf).filter(({ from, to }) => {
      if (to === undefined || to.startsWith('test/') || ground.includes(to) || basename(to) === 'index.ts') return false
      const layer = layerOf(to)
      if (layer === undefined) return false
      const mirror = layer === 'infra/local' ? 'test/infra/' : `${layer.replace(/^shared/, 'test')}/`
      return !from.startsWith(mirror)
    })
    expect(wrong.map(({ from, to }) => `${from} imports ${String(to)}`)).toEqual([])
  })

  test('a package is known only where it belongs', () => {
    const wrong = imports.filter(({ from, spec }) =>
      Object.entries(packageHomes).some(
        ([name, homes]) => (spec === name || spec.startsWith(`${name}/`)) && !homes.some(home => from.startsWith(home)),
      ),
    )
    expect(wrong.map(({ from, spec }) => `${from} imports ${spec}`)).toEqual([])
  })

  test('every export says what it is', () => {
    const silent = files
      .filter(file => basename(file) !== 'index.ts')
      .flatMap(file => {
        const lines = readFileSync(join(root, file), 'utf8').split('\n')
        return lines.flatMap((line, i) => {
          const name =
            /^export (?:default |declare |abstract |async )*(?:function\*?|class|interface|type|const|let|enum) (\w+)/.exec(
              line,
            )?.[1]
          const above = lines[i - 1] ?? ''
          if (
            name === undefined ||
            above.endsWith('*/') ||
            new RegExp(`^export (async )?function ${name}\\b`).test(above)
          )
            return []
          return [`${file}: ${name}`]
        })
      })
    expect(silent).toEqual([])
  })

  test('every code of an error is one that something throws', () => {
    const texts = new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
    const unused = files
      .filter(file => file.endsWith('Error.ts'))
      .flatMap(file => {
        const codes = [...(texts.get(file) ?? '').matchAll(/^  (?:\| )?'([A-Z][A-Z_]+)',?$/gm)].map(
          ([, code = '']) => code,
        )
        const quotes = (code: string) =>
          [...texts.values()].reduce((n, text) => n + text.split(`'${code}'`).length - 1, 0)
        return codes.filter(code => quotes(code) < 2).map(code => `${file}: ${code}`)
      })
    expect(unused).toEqual([])
  })

  test('objects that are filled by names from outside have nothing behind them', () => {
    const plain = sources('shared').filter(f =>
      /\bRecord<string, [^=\n]*> = \{\}$/m.test(readFileSync(join(root, f), 'utf8')),
    )
    expect(plain, 'use namedValues() of shared/types').toEqual([])
  })

  test('functions hold no logic: one registration a file', () => {
    const long = sources('functions').filter(f => readFileSync(join(root, f), 'utf8').split('\n').length > 60)
    expect(long).toEqual([])
  })
})
