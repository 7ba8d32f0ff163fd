import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { bundle } from '../../../infra/package/index.js'
import { bronzePath, scoredPath, silverPath, type Stream } from '../../../shared/contract/index.js'
import { DeltaTable, liveRowCount } from '../../../shared/delta/index.js'
import { SyntheticEvents, syntheticGenerator } from '../../../shared/sources/synthetic/index.js'
import { openStore } from '../../../shared/storage/index.js'
import { streams } from '../../../shared/streams/index.js'
import { createTopic, startTestBroker, type TestBroker } from '../../harness/broker.js'
import { type ArchivedFile, unzip } from '../../harness/unzip.js'

const root = resolve(import.meta.dirname, '../../..')
const megabyte = 1e6

let folder: string
let files: readonly ArchivedFile[]
let size: number

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  execFileSync(process.execPath, ['infra/local/buildIfChanged.js'], { cwd: root })
  execFileSync(process.execPath, ['dist/infra/package/main.js', '--out', folder], { cwd: root })
  const archive = readFileSync(join(folder, 'kafka-delta-functions.zip'))
  size = archive.length
  files = unzip(archive)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The package as it comes to a machine that has nothing else. */
function unpacked(name: string): string {
  const target = join(folder, name)
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(target, path)), { recursive: true })
    writeFileSync(join(target, path), bytes)
  }
  return target
}

describe('the package', () => {
  test('is small enough to start from', () => {
    expect(size).toBeLessThanOrEqual(30 * megabyte)
    const code = files.filter(({ path }) => path.endsWith('.js'))
    expect(code.reduce((sum, { compressedSize }) => sum + compressedSize, 0)).toBeLessThanOrEqual(1.5 * megabyte)
  })

  test('holds what runs on Linux on x64, and nothing else', () => {
    const paths = files.map(({ path }) => path)
    const native = paths.filter(path => /\.(node|so|dylib|dll|wasm)$/.test(path))
    expect(native).toEqual(['app/duckdb.node', 'app/libduckdb.so', 'app/ort-wasm-simd-threaded.wasm'])
    expect(paths.filter(path => /\.(ts|map|test\.js)$/.test(path))).toEqual([])
    // azd may leave such a folder out.
    expect(paths.filter(path => path.includes('node_modules'))).toEqual([])
    expect(paths).toContain('host.json')
    expect(paths.filter(path => /local\.settings|\.env/.test(path))).toEqual([])
  })

  test('holds nothing of what only development needs, and says whose the rest is', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>
      dependencies: Record<string, string>
    }
    const text = files.find(({ path }) => path === 'THIRD-PARTY-LICENSES.txt')?.bytes.toString() ?? ''
    const named = [...text.matchAll(/^(\S+) \d+\.\S* \(/gm)].map(([, name = '']) => name)
    expect(named).toEqual(
      expect.arrayContaining(['zod', 'kafkajs', '@azure/functions', '@duckdb/node-bindings-linux-x64']),
    )
    expect(named.filter(name => manifest.devDependencies[name] !== undefined && name !== 'rhea')).toEqual([])
  })

  test('has one entry for each function, which no other module imports', () => {
    const app = files.filter(({ path }) => path.startsWith('app/') && path.endsWith('.js'))
    const entries = app.map(({ path }) => path).filter(path => path.endsWith('.function.js'))
    const functions = readdirSync(join(root, 'functions')).map(name => `app/${name.replace(/\.ts$/, '')}.function.js`)
    expect(entries).toEqual(functions.sort())
    const importers = app.filter(({ bytes }) =>
      /(?:from|import\()\s*["'][^"']*\.function\.js["']/.test(bytes.toString()),
    )
    expect(importers.map(({ path }) => path)).toEqual([])
    expect(app.map(({ path }) => path)).toEqual(expect.arrayContaining(['app/rangeWorker.js', 'app/onnxWorker.js']))
  })

  test('loads no database, model, broker or storage client before the functions are listed', () => {
    const code = new Map(
      files.filter(({ path }) => path.startsWith('app/')).map(({ path, bytes }) => [path.slice(4), bytes.toString()]),
    )
    const loaded = new Set<string>()
    const waiting = [...code.keys()].filter(name => name.endsWith('.function.js'))
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (loaded.has(name)) continue
      loaded.add(name)
      for (const [, next = ''] of (code.get(name) ?? '').matchAll(/(?:from|^import|;import)\s*["']\.\/([^"']+)["']/gm))
        waiting.push(next)
    }
    expect(loaded.size).toBeGreaterThan(10)
    const heavy = [/\.\/duckdb\.node/, /ort-wasm-simd/, /connectionPoolBuilder/, /StorageSharedKeyCredential/]
    for (const part of heavy) {
      expect(
        [...code.values()].some(text => part.test(text)),
        String(part),
      ).toBe(true)
      expect(
        [...loaded].filter(name => part.test(code.get(name) ?? '')),
        String(part),
      ).toEqual([])
    }
  })

  test('has the same bytes when it is made again', async () => {
    const again = await bundle(root)
    for (const { path, bytes } of again.files) {
      const first = files.find(file => file.path === path)
      expect(first?.bytes.equals(bytes), path).toBe(true)
    }
  })
})

describe('in an empty folder', () => {
  let broker: TestBroker
  let host: ChildProcess | undefined
  const [stream] = streams as readonly [Stream]

  beforeAll(async () => {
    broker = await startTestBroker()
    await createTopic(broker.client, { topic: stream.topic, numPartitions: 4 })
    await produce(40_000)
  })
  afterEach(async () => {
    if (host?.exitCode === null) {
      const ended = new Promise(resolve => host?.once('exit', resolve))
      host.kill('SIGTERM')
      await ended
    }
    host = undefined
  })
  afterAll(async () => {
    await broker.close()
  })

  /** The local host on an unpacked package; what it says about itself once the functions are listed. */
  async function start(app: string, lake: string, settings: Record<string, string> = {}) {
    const clean = Object.entries(process.env).filter(([name]) => !/^(KAFKA|LAKE|EVENTHUBS)_|^npm_|^NODE_/.test(name))
    const child = spawn(
      process.execPath,
      [
        join(root, 'dist/infra/local/host/main.js'),
        '--app',
        app,
        '--port',
        '0',
        '--state',
        join(folder, `${lake}-state`),
      ],
      {
        cwd: app,
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: {
          ...Object.fromEntries(clean),
          KAFKA_BROKERS: broker.brokers,
          LAKE_URL: pathToFileURL(join(folder, lake)).href,
          TEMP_FOLDER: folder,
          ...settings,
        },
      },
    )
    host = child
    let output = ''
    for (const pipe of [child.stdout, child.stderr])
      pipe?.on('data', (bytes: Buffer) => {
        output += bytes.toString()
      })
    const ready = new Promise<{ url: string; functions: string[] }>((resolve, reject) => {
      child.on('message', (message: { kind: string; url: string; functions: string[] }) => {
        if (message.kind === 'ready') resolve(message)
      })
      child.once('exit', code => {
        reject(new Error(`The host ended with code ${String(code)}:\n${output}`))
      })
    })
    return { ...(await ready), output: () => output }
  }

  async function rowsOf(lake: string, path: string): Promise<number> {
    const store = await openStore(pathToFileURL(join(folder, lake)).href)
    const snapshot = await new DeltaTable(store.within(path)).snapshot()
    return snapshot === undefined ? 0 : Number(liveRowCount(snapshot.files) ?? 0n)
  }

  async function until(what: string, output: () => string, done: () => Promise<boolean>): Promise<void> {
    for (let left = 600; !(await done()); left--) {
      if (left === 0) throw new Error(`${what} did not come:\n${output()}`)
      await sleep(200)
    }
  }

  async function produce(count: number): Promise<void> {
    const made = syntheticGenerator(stream)
    if (made.kind !== 'generator') throw new Error('The stream that ships has synthetic events.')
    const events = new SyntheticEvents(
      { startTime: Date.now() - 600_000, broken: 0, tombstones: 0, duplicates: 0, late: 0 },
      made.generator,
    )
    const producer = broker.client.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (let sent = 0; sent < count; sent += 5000) {
      const records = events.take(Math.min(5000, count - sent))
      await producer.send({
        topic: stream.topic,
        messages: records.map(({ key, value, timestamp }) => ({
          key: key === null ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
          timestamp: String(timestamp),
        })),
      })
    }
    await producer.disconnect()
  }

  test('it catches up by worker threads, refines, scores by a model and observes, on a request', async () => {
    const app = unpacked('without-trigger')
    rmSync(join(app, 'app', 'bronze.function.js'))
    const far = '0 0 0 1 1 *'
    const { url, functions, output } = await start(app, 'by-request', {
      BRONZE_WORKERS: '2',
      SILVER_SCHEDULE: far,
      GOLD_SCHEDULE: far,
      MONITOR_SCHEDULE: far,
      CATCH_UP_SCHEDULE: far,
      MAINTENANCE_SCHEDULE: far,
    })
    expect(functions).not.toContain(`bronze_${stream.name}`)
    const health = await fetch(`${url}/api/health`)
    expect(await health.json()).toMatchObject({ status: 'ok' })
    const answer = await fetch(`${url}/api/pipeline/run`, { method: 'POST' })
    const report = (await answer.json()) as { ok: boolean; steps: unknown[] }
    expect(report, output()).toMatchObject({ ok: true })
    expect(await rowsOf('by-request', bronzePath(stream))).toBe(40_000)
    expect(await rowsOf('by-request', silverPath(stream))).toBe(40_000)
    expect(await rowsOf('by-request', scoredPath(stream))).toBe(40_000)
    expect(await rowsOf('by-request', 'monitor_logs')).toBeGreaterThan(0)
  })

  test('its functions are listed, a Kafka batch is committed, and a timer refines it', async () => {
    const app = unpacked('whole')
    copyFileSync(join(root, 'host.json'), join(app, 'host.json'))
    const { functions, output } = await start(app, 'by-trigger', { SILVER_SCHEDULE: '*/2 * * * * *' })
    const always = ['catchUp', 'gold', 'health', 'maintenance', 'monitor', 'pipeline', 'silver']
    expect(functions).toEqual(expect.arrayContaining([`bronze_${stream.name}`, ...always]))
    await until('bronze', output, async () => (await rowsOf('by-trigger', bronzePath(stream))) === 40_000)
    await until('silver', output, async () => (await rowsOf('by-trigger', silverPath(stream))) === 40_000)
    expect(output()).not.toMatch(/ERR_MODULE_NOT_FOUND|Cannot find (?:module|package)/)
  })
})
