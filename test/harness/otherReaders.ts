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
const copyJars = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/** Engines that are not this project's. */
export const engines = ['delta-rs', 'DuckDB', 'Spark'] as const

export type Engine = (typeof engines)[number]

/** Engines among them that can append to a table. */
export type Appender = Exclude<Engine, 'DuckDB'>

/** A table as an engine sees it, in the form of `lake read --format jsonl`. */
export interface TableContent {
  /** Delta's type by column, in the table's order. */
  readonly types: Readonly<Record<string, string>>
  /** Rows as JSON texts, sorted: a table is a bag. */
  readonly rows: readonly string[]
}

/** What an engine makes of a table, or why it makes nothing of it. */
export type ReadByOther = TableContent | { readonly error: string }

/** Rows of the table in folder `donor` for the one in `table`. */
export interface Donation {
  readonly donor: string
  readonly table: string
}

/** A table for Spark to read, to change and to read again; or one that it makes first. SQL calls the table `{t}`. */
export interface Visit {
  readonly table: string
  /** Of Spark's session, for this table only. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  readonly make?: readonly string[] | undefined
  /** The version from which on its change feed is read too. */
  readonly changesFrom?: number | undefined
  /** How many versions are read, from the first on. */
  readonly versions?: number | undefined
  /** Conditions for rows to be read. */
  readonly where?: readonly string[] | undefined
  /** Statements that Spark is to refuse, asked before it changes anything. */
  readonly refused?: readonly string[] | undefined
  /** After which it is read again. */
  readonly then?: readonly string[] | undefined
}

/** What Spark made of a {@link Visit}; absent is what it was not asked for. */
export interface Visited {
  readonly before: ReadByOther
  readonly changes: ReadByOther | undefined
  readonly versions: readonly ReadByOther[]
  readonly where: readonly ReadByOther[]
  /** What it said to each statement that it was to refuse; empty when it did not. */
  readonly refused: readonly string[]
  readonly after: ReadByOther | undefined
  readonly changesAfter: ReadByOther | undefined
}

/** A table for delta-rs or DuckDB to change, and to read then. */
export interface Change {
  readonly table: string
  /** DuckDB's are SQL that calls the table `{t}`; delta-rs's have names, in change_deltars.py. */
  readonly steps: readonly string[]
  /** The version from which on its change feed is read too, by delta-rs. */
  readonly changesFrom?: number | undefined
}

/** What became of a {@link Change}. */
export interface Changed {
  /** What the engine had to say against each step; empty when it took it. */
  readonly said: readonly string[]
  readonly after: ReadByOther
  readonly changes: ReadByOther | undefined
}

export interface OtherReaders {
  /** Reads tables in local folders, in the order given. Starting Spark takes longer than reading many tables with it. */
  read(engine: Engine, folders: readonly string[]): Promise<readonly ReadByOther[]>
  /** Appends to tables in local folders, one commit each. */
  append(engine: Appender, donations: readonly Donation[]): Promise<void>
  /** Has an engine change tables, all in one process. */
  change(engine: Exclude<Engine, 'Spark'>, changes: readonly Change[]): Promise<readonly Changed[]>
  /** Has Spark visit tables, all in one session. */
  visit(visits: readonly Visit[]): Promise<readonly Visited[]>
  /** Runs a script of test/interop, and answers what it prints. */
  run(script: string, args: readonly string[]): Promise<string>
}

/**
 * The engines, installed once into the project's ignored folder from pinned requirements: Python packages into an
 * environment of their own, Delta's jars by Maven. Needs Python 3.11, Java 17 and Maven.
 */
export async function prepareOtherReaders(): Promise<OtherReaders> {
  const [requirements, pom] = await Promise.all(
    ['requirements.txt', 'pom.xml'].map(f => readFile(join(scripts, f), 'utf8')),
  )
  const digest = createHash('sha256').update(`${requirements}${pom}`).digest('hex').slice(0, 12)
  const home = join(root, '.lake', 'interop', digest)
  const python = join(home, 'venv/bin/python')
  const jars = join(home, 'jars')
  if (!existsSync(join(home, 'ready'))) {
    await rm(home, { recursive: true, force: true })
    await mkdir(home, { recursive: true })
    await run('python3', ['-m', 'venv', join(home, 'venv')])
    await run(python, ['-m', 'pip', 'install', '-q', '-r', join(scripts, 'requirements.txt')], { maxBuffer: 1 << 26 })
    const maven = ['-q', '-B', '-f', join(scripts, 'pom.xml'), copyJars, '-DincludeScope=runtime']
    await run('mvn', [...maven, `-DoutputDirectory=${jars}`], { maxBuffer: 1 << 26 })
    await writeFile(join(home, 'ready'), '')
  }
  const start = (script: string, args: readonly string[]) =>
    run(python, [join(scripts, script), ...(script.endsWith('_spark.py') ? [jars] : []), ...args], {
      maxBuffer: 1 << 26,
      env: { ...process.env, TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' },
    })
  /** Runs a script that takes its work from a plan and leaves what it found under the name it is given for each part. */
  const planned = async <Part, Found>(
    script: string,
    parts: readonly Part[],
    found: (out: string, part: Part) => Promise<Found>,
  ) => {
    const out = await mkdtemp(join(tmpdir(), 'interop-'))
    try {
      const plan = join(out, 'plan.json')
      await writeFile(plan, JSON.stringify(parts.map((part, i) => ({ ...part, out: join(out, String(i)) }))))
      await start(script, [plan])
      return await Promise.all(parts.map((part, i) => found(join(out, String(i)), part)))
    } finally {
      await rm(out, { recursive: true, force: true })
    }
  }
  return {
    async read(engine, folders) {
      const out = await mkdtemp(join(tmpdir(), 'interop-'))
      try {
        const targets = folders.map((_, i) => join(out, `${i}.jsonl`))
        await start(
          readScripts[engine],
          folders.flatMap((folder, i) => [folder, targets[i] ?? '']),
        )
        return await Promise.all(targets.map(parse))
      } finally {
        await rm(out, { recursive: true, force: true })
      }
    },
    async append(engine, donations) {
      await start(
        appendScripts[engine],
        donations.flatMap(({ donor, table }) => [donor, table]),
      )
    },
    change: (engine, changes) => planned(changeScripts[engine], changes, changed),
    visit: visits => planned('exchange_spark.py', visits, visited),
    async run(script, args) {
      return (await start(script, args)).stdout
    },
  }
}

const readScripts: Readonly<Record<Engine, string>> = {
  'delta-rs': 'read_deltars.py',
  DuckDB: 'read_duckdb.py',
  Spark: 'read_spark.py',
}

const appendScripts: Readonly<Record<Appender, string>> = { 'delta-rs': 'append_deltars.py', Spark: 'append_spark.py' }

const changeScripts = { 'delta-rs': 'change_deltars.py', DuckDB: 'change_duckdb.py' } as const

async function changed(out: string, { changesFrom }: Change): Promise<Changed> {
  return {
    said: JSON.parse(await readFile(`${out}.said`, 'utf8')) as string[],
    after: await parse(`${out}.after`),
    changes: changesFrom === undefined ? undefined : await parse(`${out}.changes`),
  }
}

async function visited(out: string, { changesFrom, then = [], versions = 0, where = [] }: Visit): Promise<Visited> {
  const parts = (letter: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => parse(`${out}.${letter}${i}`)))
  return {
    before: await parse(`${out}.before`),
    changes: changesFrom === undefined ? undefined : await parse(`${out}.changes`),
    versions: await parts('v', versions),
    where: await parts('w', where.length),
    refused: JSON.parse(await readFile(`${out}.refused`, 'utf8')) as string[],
    after: then.length === 0 ? undefined : await parse(`${out}.after`),
    changesAfter: then.length === 0 || changesFrom === undefined ? undefined : await parse(`${out}.changesAfter`),
  }
}

async function parse(file: string): Promise<ReadByOther> {
  const [first = '{}', ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const types = JSON.parse(first) as Record<string, string>
  return types['error'] === undefined || rows.length > 0 ? tableContent(types, rows) : { error: types['error'] }
}

/** Lines of JSON, one a row, as rows that can be compared. */
export function tableContent(types: Readonly<Record<string, string>>, lines: readonly string[]): TableContent {
  return { types, rows: lines.map(normalLine).sort() }
}

/** One row's JSON text with its keys in order, so that rows can be compared as texts. */
export function normalLine(line: string): string {
  const row = JSON.parse(line, exactNumbers) as Record<string, unknown>
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/**
 * Whole numbers keep their digits and zero its sign, others the value: engines print `1.0` and `1` for one double, and
 * `1e+20` where JavaScript prints all the digits.
 */
function exactNumbers(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  if (Object.is(value, -0)) return '#-0'
  if (Number.isSafeInteger(value)) return value
  const source = context?.source ?? ''
  const digits = /^-?\d+$/.test(source) ? source : String(value)
  return Number.isInteger(value) ? `#${digits}` : value
}
