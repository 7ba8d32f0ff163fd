import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { systemClock } from '../../shared/clock.js'
import { DeltaTable } from '../../shared/delta/index.js'
import { FaultyStore } from '../../shared/storage/faults/index.js'
import { type ObjectStore, openStore } from '../../shared/storage/index.js'
import { type Azurite, startAzurite } from '../harness/azurite.js'
import { Random, seedNote, testSeed } from '../random.js'
import { ChangingTable } from './changingTable.js'
import { build } from './lakeProcess.js'
import { storageTrouble } from './storageTrouble.js'
import { type Sent, VersionWitness } from './versionWitness.js'

const root = join(import.meta.dirname, '../..')
const minutes = Number(process.env['CHAOS_MINUTES'] ?? 0.7)
/** Python with deltalake and duckdb, to ask other engines what they make of the table at the end. */
const python = process.env['CHAOS_PYTHON']
const extraMs = 300_000
const processes = 4
const appsEach = 4
const minAppended = 200
const retentionMs = Math.min(60_000, minutes * 36_000)
const [slowMs, pauseMs] = [400, 600]

let azurite: Azurite
beforeAll(async () => {
  azurite = await startAzurite()
  if (process.env['CHAOS_BUILT'] === undefined) await build()
})
afterAll(async () => {
  await (azurite as Azurite | undefined)?.stop()
})

/** The appenders that run, and whether the test is over, however it ended. */
const running = new Map<ChildProcess, Promise<unknown>>()
let over = false
afterEach(async () => {
  over = true
  for (const child of running.keys()) child.kill('SIGKILL')
  await Promise.all(running.values())
})

interface Heard {
  readonly ids?: readonly number[]
  readonly sent?: readonly [string, string]
  readonly complaint?: string
}

/** An appender process; `ended` answers its exit code, null when it was killed. */
function startAppender(url: string, first: number, from: number, hear: (line: Heard) => void) {
  const apps = Array.from({ length: appsEach }, (_, i) => first + i).join(',')
  const program = join(root, 'dist/test/chaos/appenderProcess.js')
  const child = spawn(
    process.execPath,
    [program, url, apps, String(from), String(slowMs), String(pauseMs), String(retentionMs)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', line => {
    // The last line of one that is killed may be cut off.
    if (line.endsWith('}')) hear(JSON.parse(line) as Heard)
  })
  const ended = new Promise<{ code: number | null; stderr: string }>(resolve => {
    child.on('close', code => {
      running.delete(child)
      resolve({ code, stderr })
    })
  })
  running.set(child, ended)
  // It may be gone when it is told to end.
  child.stdin.on('error', () => undefined)
  return { kill: () => child.kill('SIGKILL'), end: () => child.stdin.end(), ended }
}

async function copyTo(folder: string, store: ObjectStore): Promise<void> {
  for await (const { path } of store.list('')) {
    const bytes = await store.get(path)
    await mkdir(dirname(join(folder, path)), { recursive: true })
    if (bytes !== undefined) await writeFile(join(folder, path), bytes)
  }
}

describe('a table on Azurite', () => {
  test(
    'that many processes change at once while storage fails and processes are killed loses nothing and doubles nothing',
    async () => {
      const numbers = new Random()
      const random = () => numbers.next()
      const url = `${azurite.url}/chaos/table`
      const store = await openStore(url)
      const others: Sent = {}
      const complaints: string[] = []
      const until = Date.now() + minutes * 60_000
      // What nobody got done in the storm, on a machine that is busy with other things, is done in the calm after it.
      const calm = (): boolean => Date.now() >= until
      const working = (): boolean => !over && (!calm() || (Math.min(...work()) === 0 && Date.now() < until + extraMs))
      const appendingOn = (): boolean => working() && (!calm() || table.counts.appended < minAppended)
      const witness = new VersionWitness()
      const table: ChangingTable = new ChangingTable({
        open: stale => {
          const watched = witness.watch(store, stale)
          return calm() ? watched : new FaultyStore(watched, storageTrouble(random, slowMs))
        },
        clock: systemClock,
        random,
        retentionMs,
        working,
        pause: most => systemClock.sleep((random() * most * pauseMs) / 200),
      })
      await table.create({
        'delta.enableInCommitTimestamps': String(random() < 0.5),
        'delta.enableRowTracking': String(random() < 0.5),
        'delta.checkpointPolicy': random() < 0.5 ? 'classic' : 'v2',
      })
      const hear = ({ ids, sent, complaint }: Heard) => {
        if (ids !== undefined) table.appended(ids)
        if (sent !== undefined) (others[sent[0]] ??= []).push(sent[1])
        if (complaint !== undefined) complaints.push(complaint)
      }
      const work = (): number[] => {
        const { appended, deleted, merged, optimized, scans, followed } = table.counts
        return [Math.floor(appended / minAppended), deleted, merged, optimized, scans, followed]
      }
      let killed = 0
      const appending = async (n: number): Promise<void> => {
        for (let turn = 0; ; turn++) {
          const child = startAppender(url, n * appsEach, testSeed + n * 100 + turn, hear)
          const death = Date.now() + 8_000 + random() * 20_000
          const watch = setInterval(() => {
            if (!appendingOn()) child.end()
            else if (Date.now() > death && !calm()) child.kill()
          }, 50)
          const { code, stderr } = await child.ended
          clearInterval(watch)
          if (code !== null) {
            expect([code, stderr]).toEqual([0, ''])
            return
          }
          if (over) return
          killed++
        }
      }
      await Promise.all([
        ...Array.from({ length: processes }, (_, n) => appending(n)),
        // Goes on in the calm, so that there is something to optimize, to read and to follow.
        table.append(processes * appsEach),
        table.erase(),
        table.erase(),
        table.merge(),
        table.alter(),
        table.optimize(),
        table.optimize(4),
        table.vacuum(),
        table.checkpoint(),
        table.clean(),
        table.scan(),
        table.follow(),
      ])

      complaints.push(...(await table.complaints(store)))
      const tip = (await new DeltaTable(store).state())?.version ?? 0
      complaints.push(...(await witness.judge(store, tip, others)))
      expect(complaints).toEqual([])
      const told = `${seedNote}: ${tip + 1} versions, ${killed} processes killed, ${JSON.stringify(table.counts)}`
      expect(Math.min(...work()), told).toBeGreaterThan(0)
      process.stdout.write(`${told}\n`)
      if (python !== undefined) await askOthers(python, store, table.live)
    },
    minutes * 60_000 + extraMs + 300_000,
  )
})

/** What delta-rs and DuckDB make of the table. */
async function askOthers(program: string, store: ObjectStore, live: ReadonlyMap<number, string>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-table-'))
  try {
    await copyTo(join(folder, 'table'), store)
    for (const script of ['read_deltars.py', 'read_duckdb.py']) {
      const out = join(folder, `${script}.jsonl`)
      await promisify(execFile)(program, [join(root, 'test/interop', script), join(folder, 'table'), out], {
        env: { ...process.env, TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' },
      })
      const [types = '{}', ...lines] = (await readFile(out, 'utf8')).trimEnd().split('\n')
      const rows = new Map(
        lines.map(line => JSON.parse(line) as { id: number; text: string }).map(({ id, text }) => [id, text]),
      )
      expect([script, types.includes('error') ? types : '', lines.length]).toEqual([script, '', live.size])
      expect([script, [...rows].sort()]).toEqual([script, [...live].sort()])
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
