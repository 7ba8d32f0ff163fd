import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

import { conformanceRoot as root, haveConformanceTables } from '../harness/conformanceTables.js'

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
    .filter(file => basename(dirname(file)) === '_delta_log' && pattern.test(basename(file)))
    .sort()
    .map(file => ({
      table: relative(root, dirname(dirname(file))),
      name: basename(file),
      version: Number.parseInt(basename(file), 10),
      text: readFileSync(file, 'utf8'),
    }))
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? walk(path) : [path]
  })
}
