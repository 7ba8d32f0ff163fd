import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

import { projectRoot } from '../harness/projectRoot.js'
import type { Measure } from './measure.js'

const run = promisify(execFile)

/** What delta-rs can be asked to do to a table in a local folder. */
export type DeltaRsRequest =
  | {
      readonly work: 'open' | 'compact' | 'sumPyarrow' | 'sumQuery' | 'vacuumFull'
      readonly table: string
    }
  | {
      readonly work: 'append' | 'merge'
      readonly table: string
      /** A Parquet file, read before. */ readonly source: string
    }
  | { readonly work: 'lookupPyarrow' | 'lookupQuery'; readonly table: string; readonly key: number }

/** delta-rs in a process of its own, which stays warm between requests; what is measured is the work, not the asking. */
export interface DeltaRs {
  measure(request: DeltaRsRequest): Promise<Measure>
  close(): Promise<void>
}

/**
 * Starts it with the Python in DELTALAKE_PYTHON, or that of the interoperability tests, or an environment made for the
 * benchmark in the project's ignored folder, with the packages' versions as these tests pin them.
 */
export async function startDeltaRs(): Promise<DeltaRs> {
  const root = projectRoot()
  const child = spawn(await findPython(root), [join(root, 'test/bench/deltars.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TZ: 'UTC', PYTHONDONTWRITEBYTECODE: '1' },
  })
  const exited = new Promise<void>(resolve =>
    child.once('exit', () => {
      resolve()
    }),
  )
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async measure(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const line = await answers.next()
      if (line.done === true) throw new Error('delta-rs has ended')
      const { wall, cpu, result, error } = JSON.parse(line.value) as {
        wall: number
        cpu: number
        result: number
        error?: string
      }
      if (error !== undefined) throw new Error(`delta-rs: ${error}`)
      return { wallMs: wall * 1_000, cpuMs: cpu * 1_000, result }
    },
    async close() {
      child.stdin.end()
      await exited
    },
  }
}

async function findPython(root: string): Promise<string> {
  const given = process.env['DELTALAKE_PYTHON']
  if (given !== undefined) return given
  const interop = join(root, '.lake', 'interop')
  for (const name of existsSync(interop) ? await readdir(interop) : []) {
    if (existsSync(join(interop, name, 'ready'))) return join(interop, name, 'venv/bin/python')
  }
  const home = join(root, '.lake', 'bench', 'venv')
  const python = join(home, 'bin/python')
  const pinned = (await readFile(join(root, 'test/interop/requirements.txt'), 'utf8')).split('\n')
  const wanted = pinned.filter(line =>
    /^(arro3-core|deltalake|Deprecated|pyarrow|typing_extensions|wrapt)==/.test(line),
  )
  const has = await run(python, ['-c', 'import deltalake, pyarrow']).then(
    () => true,
    () => false,
  )
  if (!has) {
    await mkdir(dirname(home), { recursive: true })
    await run('python3', ['-m', 'venv', home])
    await run(python, ['-m', 'pip', 'install', '-q', ...wanted], { maxBuffer: 1 << 26 })
  }
  return python
}
