import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import type { Plugin } from 'rolldown'

import { PackageError } from './packageError.js'

/**
 * Files that modules find beside themselves, by `new URL('./name', import.meta.url)`: modules are bundled as entries of
 * that name (worker threads), anything else is copied. Where a module chooses among several names, those that exist count.
 */
export function filesBesideModules(): Plugin {
  const emitted = new Map<string, string>()
  return {
    name: 'files-beside-modules',
    transform(code, id) {
      for (const [, argument = ''] of code.matchAll(
        /new URL\(([^()]*(?:\([^()]*\)[^()]*)*),\s*import\.meta\.url\s*\)/g,
      )) {
        for (const [, , name = ''] of argument.matchAll(/(["'])(?:\.\/)?([\w-]+(?:\.[\w-]+)+)\1/g)) {
          const file = join(dirname(id), name)
          const bytes = readIfThere(file)
          if (bytes === undefined) continue
          const other = emitted.get(name)
          if (other === file) continue
          if (other !== undefined)
            throw new PackageError(
              'BUNDLE',
              `${other} and ${file} would be one file of the package: rename one of them.`,
            )
          emitted.set(name, file)
          if (/\.m?js$/.test(name)) this.emitFile({ type: 'chunk', id: file, fileName: basename(name) })
          else this.emitFile({ type: 'asset', fileName: basename(name), source: bytes })
        }
      }
      return null
    },
  }
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/**
 * The parts of kafkajs below its public API are asked for by a `require` made at run time, which no bundler follows:
 * in the one module that does so it becomes a plain one.
 */
export function kafkajsInternals(): Plugin {
  return {
    name: 'kafkajs-internals',
    transform(code, id) {
      if (!id.replaceAll('\\', '/').endsWith('/sources/kafka/kafkajsInternals.js')) return null
      const asked = code.match(/\bload\('kafkajs\/[^']+'\)/g) ?? []
      if (asked.length === 0) throw new PackageError('BUNDLE', `${id} asks for no part of kafkajs as it used to.`)
      return { code: code.replaceAll(/\bload\((?='kafkajs\/)/g, 'require('), map: null }
    },
  }
}

/**
 * ONNX Runtime's WebAssembly is started by a module that it imports by a name put together at run time: it is copied
 * beside it, as the WebAssembly itself is.
 */
export function onnxLoader(): Plugin {
  const loader = 'ort-wasm-simd-threaded.mjs'
  return {
    name: 'onnx-loader',
    transform(code, id) {
      if (!/onnxruntime-web\/dist\/ort\.wasm\.[\w.]+$/.test(id.replaceAll('\\', '/'))) return null
      const source = readIfThere(join(dirname(id), loader))
      if (source === undefined || !code.includes(loader.replace('.mjs', '')))
        throw new PackageError('BUNDLE', `${id} starts its WebAssembly by another module than ${loader}.`)
      this.emitFile({ type: 'asset', fileName: loader, source })
      return null
    },
  }
}

/**
 * DuckDB's native part lies beside the modules as well: a deployment may leave out whatever is called node_modules, and
 * which platform it is for is known.
 */
export function duckdbBinding(): Plugin {
  return {
    name: 'duckdb-binding',
    resolveId(source) {
      return source === '@duckdb/node-bindings' ? { id: './duckdb.node', external: 'relative' } : null
    },
  }
}
