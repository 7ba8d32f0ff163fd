import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of tables written by other engines: DELTA_CONFORMANCE_DIR, or where they stand beside the project. */
export const conformanceRoot = resolve(process.env['DELTA_CONFORMANCE_DIR'] ?? '../shared/conformance')

/** Folders of tables, and how many tables each holds: a suite over an incomplete folder shows less than it claims. */
export const conformanceFamilies = [
  { path: ['dat'], tables: 19 },
  { path: ['delta-golden'], tables: 89 },
  { path: ['delta-golden', 'hive', 'delta'], tables: 11 },
] as const

/**
 * Whether the tables can be left out: not where a run claims to have compared with them, which CONFORMANCE_REQUIRED
 * says, nor where their folder was named.
 */
export const conformanceRequired =
  process.env['CONFORMANCE_REQUIRED'] === 'true' || process.env['DELTA_CONFORMANCE_DIR'] !== undefined

/** False only where the tables are not there and may be left out. */
export const haveConformanceTables = existsSync(conformanceRoot) || conformanceRequired

/** Names of the tables in a family's folder; none where there is no such folder. */
export function conformanceTableNames(...family: readonly string[]): string[] {
  const folder = join(conformanceRoot, ...family)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
}

/** What a folder of conformance tables lacks, a sentence each; nothing for a whole one. */
export function missingConformanceTables(): string[] {
  return conformanceFamilies.flatMap(({ path, tables }) => {
    const found = conformanceTableNames(...path).length
    return found >= tables ? [] : [`${join(conformanceRoot, ...path)} has ${found} of ${tables} tables`]
  })
}

if (!haveConformanceTables)
  process.stderr.write(
    `\nSKIPPED: there are no tables of other engines at ${conformanceRoot}; DELTA_CONFORMANCE_DIR says where they are\n\n`,
  )
