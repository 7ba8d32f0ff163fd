import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { projectRoot } from './projectRoot.js'

const run = promisify(execFile)

/** What an environment is installed from. */
export interface PythonParts {
  /** Begins the folder's name. */
  readonly name: string
  /** Its pinned packages, a file of the project; test/interop/<name>-requirements.txt when absent. */
  readonly requirements?: string
  /** Whatever else decides what is in the folder. */
  readonly digested?: readonly (string | Uint8Array)[]
  /** Puts more into the folder. */
  readonly prepare?: (home: string) => Promise<void>
}

/** A folder in the project's ignored one with a Python of its own: installed once, whole or not at all. */
export async function pythonHome({ name, digested = [], prepare, ...parts }: PythonParts) {
  const root = projectRoot()
  const requirements = join(root, parts.requirements ?? `test/interop/${name}-requirements.txt`)
  const hash = createHash('sha256')
  for (const part of [await readFile(requirements), ...digested]) hash.update(part)
  const home = join(root, '.lake', 'interop', `${name}-${hash.digest('hex').slice(0, 12)}`)
  const python = join(home, 'venv/bin/python')
  if (existsSync(join(home, 'ready'))) return { home, python }
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { recursive: true })
  await run('python3', ['-m', 'venv', join(home, 'venv')])
  await run(python, ['-m', 'pip', 'install', '-q', '-r', requirements], { maxBuffer: 1 << 26 })
  await prepare?.(home)
  await writeFile(join(home, 'ready'), '')
  return { home, python }
}
