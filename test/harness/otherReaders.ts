import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const scripts = join(root, 'test/interop')

/** Engines that are not this project's. */
export const engines = ['delta-rs', 'DuckDB', 'Spark'] as const

export type Engine = (typeof engines)[number]

/** A table as another engine sees it, in the form of `lake read --format jsonl`. */
export interface ReadByOther {
  /** Delta's type by column. */
  readonly types: Readonly<Record<string, string>>
  /** Rows as JSON texts, sorted: a table is a bag. */
  readonly rows: readonly string[]
}

export interface OtherReaders {
  /** Reads tables in local folders, in the order given. */
  read(engine: Engine, folders: readonly string[]): Promise<readonly ReadByOther[]>
}

/**
 * The engines, installed once into the project's ignored folder from pinned requirements: Python packages into an
 * environment of their own, Delta's jars by Maven. Needs Python 3.11, Java 17 and Maven.
 */
export async function prepareOtherReaders(): Promise<OtherReaders> {
  const [requirements, pom] = await Promise.all(['requirements.txt', 'pom.xml'].map(f => readFile(join(scripts, f), 'utf8')))
  const digest = createHash('sha256').update(`${requirements}${pom}`).digest('hex').slice(0, 12)
  const home = join(root, '.lake', 'interop', digest)
  const python = join(home, 'venv/bin/python')
  const jars = join(home, 'jars')
  if (!existsSync(join(home, 'ready'))) {
    await rm(home, { recursive: true, force: true })
    await mkdir(home, { recursive: true })
    await run('python3', ['-m', 'venv', join(home, 'venv')])
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(scripts, 'requirements.txt')], { maxBuffer: 1 << 26 })
    const maven = ['-q', '-B', '-f', join(scripts, 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime']
    await run('mvn', [...maven, `-DoutputDirectory=${jars}`], { maxBuffer: 1 << 26 })
    await writeFile(join(home, 'ready'), '')
  }
  const script = (engine: Engine): readonly string[] => {
    switch (engine) {
      case 'delta-rs':
        return ['read_deltars.py']
      case 'DuckDB':
        return ['read_duckdb.py']
      case 'Spark':
        return ['read_spark.py', jars]
    }
  }
  return {
    async read(engine, folders) {
      const out = await mkdtemp(join(tmpdir(), 'interop-'))
      try {
        const targets = folders.map((_, i) => join(out, `${i}.jsonl`))
        const [file = '', ...before] = script(engine)
        const pairs = folders.flatMap((folder, i) => [folder, targets[i] ?? ''])
        await run(python, [join(scripts, file), ...before, ...pairs], { maxBuffer: 1 << 26, env: { ...process.env, TZ: 'UTC' } })
        return await Promise.all(targets.map(parse))
      } finally {
        await rm(out, { recursive: true, force: true })
      }
    },
  }
}

async function parse(file: string): Promise<ReadByOther> {
  const [types = '{}', ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return { types: JSON.parse(types) as Record<string, string>, rows: rows.map(normalLine).sort() }
}

/** One row's JSON text with its keys in order, so that rows can be compared as texts. */
export function normalLine(line: string): string {
  const row = JSON.parse(line, exactNumbers) as Record<string, unknown>
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** Whole numbers keep their digits, others the value: engines print `1.0` and `1` for one double. */
function exactNumbers(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source ?? String(value)
  return /^-?\d+$/.test(source) ? `#${source}` : value
}
