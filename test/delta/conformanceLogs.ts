import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'

const root = resolve(process.env['DELTA_CONFORMANCE_DIR'] ?? '../shared/conformance')

/** True when tables written by other engines are at hand; says so once when they are not. */
export const haveConformanceTables = existsSync(root)
if (!haveConformanceTables)
  process.stderr.write(`SKIPPED: no tables of other engines at ${root}; set DELTA_CONFORMANCE_DIR to compare with them\n`)

/** The bytes of a table's data file, or undefined where the table came without it. */
export function dataFile(table: string, name: string): Uint8Array | undefined {
  const path = join(root, table, name)
  return existsSync(path) ? readFileSync(path) : undefined
}

export interface LogFile {
  readonly table: string
  readonly name: string
  readonly version: number
  readonly text: string
}

/** The files of every table's log whose names match `pattern`. */
export function logFiles(pattern: RegExp): LogFile[] {
  if (!haveConformanceTables) return []
  return walk(root)
    .filter((file) => basename(dirname(file)) === '_delta_log' && pattern.test(basename(file)))
    .sort()
    .map((file) => ({
      table: relative(root, dirname(dirname(file))),
      name: basename(file),
      version: Number.parseInt(basename(file), 10),
      text: readFileSync(file, 'utf8'),
    }))
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
