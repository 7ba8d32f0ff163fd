import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import { type OutputChunk, rolldown } from 'rolldown'

import { duckdbBinding, filesBesideModules, kafkajsInternals, onnxLoader } from './bundlePlugins.js'
import { PackageError } from './packageError.js'
import type { ZipEntry } from './zip.js'

/** Found when the app runs: the host's own module. */
const external = ['@azure/functions-core']

/** The bundled app, and the packages of which something is in it. */
export interface Bundle {
  readonly files: readonly ZipEntry[]
  /** Folders of packages, as `node_modules/zod`, sorted. */
  readonly packages: readonly string[]
}

/** Names the functions' entry points among all modules of the package; the host reads it as package.json's `main`. */
export const entryPattern = 'app/*.function.js'

/**
 * Bundles the compiled functions in `root`. All modules are in one folder, so that what a module finds beside itself by
 * `import.meta.url` (a worker thread's entry, a file) is beside whichever chunk the module comes to lie in.
 * @throws PackageError NOT_BUILT; BUNDLE when something would be missing where it runs
 */
export async function bundle(root: string): Promise<Bundle> {
  const folder = join(root, 'dist', 'functions')
  const names = existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.js')) : []
  if (names.length === 0) throw new PackageError('NOT_BUILT', `There is nothing in ${folder}: run npm run build first.`)
  const warnings: string[] = []
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map(name => [`${basename(name, '.js')}.function`, join(folder, name)])),
    platform: 'node',
    external,
    treeshake: true,
    plugins: [filesBesideModules(), kafkajsInternals(), onnxLoader(), duckdbBinding()],
    onLog(level, log) {
      if (level === 'warn' && log.code !== 'EVAL') warnings.push(log.message)
    },
  })
  const { output } = await build.generate({
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    // White space only: a stack trace keeps its names.
    minify: { compress: false, mangle: false, codegen: true },
  })
  await build.close()
  const unresolved = warnings.filter(message => /resolve/i.test(message))
  if (unresolved.length > 0) throw new PackageError('BUNDLE', `The bundle would not run: ${unresolved.join('; ')}`)
  const chunks = output.filter(file => file.type === 'chunk')
  return {
    files: output.map(file => ({
      path: `app/${file.fileName}`,
      bytes: Buffer.from(file.type === 'chunk' ? file.code : file.source),
    })),
    packages: packagesOf(root, chunks),
  }
}

function packagesOf(root: string, chunks: readonly OutputChunk[]): readonly string[] {
  const modules = chunks.flatMap(chunk => Object.keys(chunk.modules))
  const folders = modules.flatMap(id => {
    const [, found] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/')) ?? []
    return found === undefined ? [] : [found]
  })
  const prefix = `${resolve(root).replaceAll('\\', '/')}/`
  return [...new Set(folders)].map(path => path.replace(prefix, '')).sort()
}

/** The folder of an installed package. */
export function packageFolder(root: string, name: string): string {
  const folder = join(root, 'node_modules', name)
  if (existsSync(join(folder, 'package.json'))) return folder
  throw new PackageError(
    'NOT_INSTALLED',
    `${name} is not installed in ${dirname(folder)}. Run npm ci; on another system than Linux on x64: npm ci --os linux --cpu x64 --libc glibc.`,
  )
}
