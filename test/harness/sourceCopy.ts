import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import { defaultLibsFolder } from '../../infra/local/kafka/index.js'

const checkout = resolve(import.meta.dirname, '..', '..')

/**
 * The sources of the checkout in a folder of their own, with its packages as they are installed: a place to change a
 * source, build and start. Kafka's jars are those that are there.
 */
export function copySources(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sources-'))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: checkout })
  for (const file of files.toString().split('\0')) {
    if (file === '' || file.startsWith('test/fixtures/')) continue
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    cpSync(join(checkout, file), join(folder, file), { force: true })
  }
  // Each package by a link of its own: the folder has a `lake` of its own in .bin.
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    const names = name.startsWith('@') || name === '.bin' ? readdirSync(join(checkout, 'node_modules', name)) : ['']
    for (const inner of names) {
      if (name === '.bin' && inner === 'lake') continue
      const path = join('node_modules', name, inner)
      mkdirSync(join(folder, dirname(path)), { recursive: true })
      symlinkSync(join(checkout, path), join(folder, path))
    }
  }
  mkdirSync(join(folder, '.lake', 'kafka'), { recursive: true })
  mkdirSync(defaultLibsFolder(), { recursive: true })
  symlinkSync(defaultLibsFolder(), join(folder, '.lake', 'kafka', 'libs'))
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
