import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { bundle, entryPattern, packageFolder } from './bundle.js'
import type { ZipEntry } from './zip.js'

/** The one platform that Azure runs this on. */
const native = { package: '@duckdb/node-bindings-linux-x64', files: ['duckdb.node', 'libduckdb.so'] } as const

/**
 * Everything that Azure runs, of the built project in `root`: the bundle, DuckDB's native part for Linux on x64, and what
 * the host reads. It needs no installation where it is unpacked.
 * @throws PackageError when something is not built or not installed
 */
export async function packageContents(root: string): Promise<readonly ZipEntry[]> {
  const { files, packages } = await bundle(root)
  const folder = packageFolder(root, native.package)
  return [
    ...files,
    ...native.files.map(file => ({ path: `app/${file}`, bytes: readFileSync(join(folder, file)) })),
    { path: 'host.json', bytes: readFileSync(join(root, 'host.json')) },
    { path: 'package.json', bytes: Buffer.from(manifest(root)) },
    { path: 'LICENSE', bytes: readFileSync(join(root, 'LICENSE')) },
    {
      path: 'THIRD-PARTY-LICENSES.txt',
      bytes: Buffer.from(licenses(root, [...packages, `node_modules/${native.package}`])),
    },
  ]
}

/** Without dependencies: there is nothing to install. */
function manifest(root: string): string {
  const { name, version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  const own = { name, version, license, private: true, type: 'module', engines, main: entryPattern }
  return `${JSON.stringify(own, null, 2)}\n`
}

function licenses(root: string, folders: readonly string[]): string {
  const texts = [...new Set(folders)].sort().map(folder => {
    const path = join(root, folder)
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
      name?: string
      version?: string
      license?: string
    }
    const file = existsSync(path)
      ? readdirSync(path)
          .sort()
          .find(entry => /^licen[cs]e/i.test(entry))
      : undefined
    const text = file === undefined ? '' : `\n\n${readFileSync(join(path, file), 'utf8').trim()}`
    return `${name ?? folder} ${version ?? ''} (${license ?? 'see its text'})${text}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}
