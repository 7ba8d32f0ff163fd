import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { makeTemporaryFolder, removeLeftOver } from '../../../shared/query/duckdb/temporaryFolder.js'

let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'temporary-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

/** Node strips the types itself; `./x.js` means `./x.ts`, but in packages. */
const script = `
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve: (specifier, context, next) => {
      const isOwn = specifier.startsWith('.') && !context.parentURL?.includes('/node_modules/')
      return next(isOwn ? specifier.replace(/\\.js$/, '.ts') : specifier, context)
    },
  })
  const { makeTemporaryFolder } = await import(process.argv[1])
  console.log(await makeTemporaryFolder('lake-duckdb-', process.argv[2]))
  setInterval(() => undefined, 1000)`

/** A process that has made a folder, and lives. */
async function owner(): Promise<{ folder: string; kill(): Promise<void> }> {
  const module = join(import.meta.dirname, '../../../shared/query/duckdb/temporaryFolder.ts')
  const child = spawn(
    process.execPath,
    ['--experimental-strip-types', '--no-warnings', '--input-type=module', '-e', script, module, parent],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const folder = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (bytes: Buffer) => {
      resolve(bytes.toString().trim())
    })
    child.once('exit', code => {
      reject(new Error(`it ended with ${code ?? 'a signal'}`))
    })
  })
  const exited = new Promise(resolve => child.once('exit', resolve))
  return {
    folder,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

describe('temporary folders', () => {
  test('what a killed process left is removed by the next one, what a living one holds is not', async () => {
    const [killed, living] = [await owner(), await owner()]
    await writeFile(join(killed.folder, 'spill'), 'x')
    await killed.kill()
    expect(existsSync(killed.folder)).toBe(true)
    const mine = await makeTemporaryFolder('lake-files-', parent)
    expect([killed.folder, living.folder, mine].map(existsSync)).toEqual([false, true, true])
    await living.kill()
  })

  test('another process with the number of a dead one does not keep its folder', async () => {
    const mine = await makeTemporaryFolder('lake-duckdb-', parent)
    const reused = join(parent, basename(mine).replace(/-[0-9a-f]{8}-[^-]+$/, '-00000000-abcdef'))
    await mkdir(reused)
    await removeLeftOver(parent)
    expect([existsSync(mine), existsSync(reused)]).toEqual([true, false])
  })

  test('folders of another machine, of a stranger, or without an owner and young are left alone', async () => {
    const mine = basename(await makeTemporaryFolder('lake-duckdb-', parent))
    const kept = [
      mine.replace(/^lake-duckdb-[0-9a-f]{8}/, 'lake-duckdb-00000000').replace(/-\d+-/, '-999999999-'),
      'lake-duckdb-abc123',
      'lake-duckdb-mine',
      'other',
    ]
    for (const name of kept) await mkdir(join(parent, name))
    const old = join(parent, 'lake-files-aB3dE6')
    await mkdir(old)
    await utimes(old, new Date(), new Date(Date.now() - 8 * 86_400_000))
    await removeLeftOver(parent)
    expect(kept.filter(name => !existsSync(join(parent, name)))).toEqual([])
    expect(existsSync(old)).toBe(false)
  })
})
