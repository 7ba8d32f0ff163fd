import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { conformanceRoot, conformanceTableNames, haveConformanceTables } from '../harness/conformanceTables.js'
import { expectedRows, snapshotOf, storeOf, tableRows } from './tables.js'

interface VersionMetadata {
  readonly version: number
  readonly properties: Readonly<Record<string, string>>
  readonly min_reader_version: number
  readonly min_writer_version: number
}

const cases = conformanceTableNames('dat').flatMap(table =>
  readdirSync(join(conformanceRoot, 'dat', table, 'expected')).map(version => ({ table, version })),
)

describe.skipIf(!haveConformanceTables)('Delta Acceptance Tests', () => {
  test.each(cases)('$table at $version: the rows, the protocol and the properties', async ({ table, version }) => {
    const folder = join(conformanceRoot, 'dat', table, 'expected', version)
    const expected = JSON.parse(readFileSync(join(folder, 'table_version_metadata.json'), 'utf8')) as VersionMetadata
    const store = storeOf('dat', table, 'delta')
    const wanted = version === 'latest' ? undefined : expected.version
    const snapshot = await snapshotOf(store, wanted)
    expect(snapshot.version).toBe(expected.version)
    expect(snapshot.metadata.configuration).toEqual(expected.properties)
    expect(snapshot.protocol).toMatchObject({
      minReaderVersion: expected.min_reader_version,
      minWriterVersion: expected.min_writer_version,
    })
    const content = join(folder, 'table_content')
    expect(existsSync(content)).toBe(true)
    expect(await tableRows(store, { version: wanted })).toEqual(await expectedRows(content, snapshot.schema.fields))
  })
})
