import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { asError } from '../../../shared/errors.js'
import { HostError } from './hostError.js'

/** How a module is brought in; tests that run from TypeScript pass their own. */
export type ImportFile = (file: string) => Promise<unknown>

const importFile: ImportFile = file => import(pathToFileURL(file).href)

/**
 * Imports every module that the app's package.json names as its entry (`main`; a `*` in the file name stands for
 * anything), which is what registers the functions.
 * @throws HostError when nothing matches, or a module cannot be loaded
 */
export async function loadEntryPoint(
  folder: string,
  load: ImportFile = importFile,
  main = mainOf(folder),
): Promise<void> {
  for (const file of filesOf(folder, main)) {
    try {
      await load(file)
    } catch (thrown) {
      const error = asError(thrown)
      throw new HostError('ENTRY_POINT', `${file} could not be loaded: ${error.message}`, { cause: error })
    }
  }
}

function mainOf(folder: string): string {
  const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { main?: string }
  if (main === undefined) throw new HostError('ENTRY_POINT', `${join(folder, 'package.json')} has no "main".`)
  return main
}

function filesOf(folder: string, pattern: string): string[] {
  const parent = join(folder, dirname(pattern))
  if (/[*?{[]/.test(dirname(pattern))) {
    throw new HostError('ENTRY_POINT', `"main": "${pattern}" has a pattern in a folder's name; only file names may.`)
  }
  const name = new RegExp(
    `^${basename(pattern)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')}$`,
  )
  let names: string[] = []
  try {
    names = readdirSync(parent)
      .filter(n => name.test(n))
      .sort()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
  }
  if (names.length === 0) {
    throw new HostError('ENTRY_POINT', `No file matches "main": "${pattern}" in ${folder}; build first: npm run build.`)
  }
  return names.map(n => join(parent, n))
}
