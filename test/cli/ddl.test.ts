import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { lake } from './testShell.js'

const place = 'https://acct.dfs.core.windows.net/data/lake'
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lake-ddl-'))
  writeFileSync(join(folder, 'rows.jsonl'), '{"id":1}\n')
  for (const table of ['bronze/events', 'gold/events_summary', 'monitor_logs', "it's/a.b"])
    expect(
      await lake(['create', join(folder, 'lake', table), '--from', join(folder, 'rows.jsonl')]),
      table,
    ).toMatchObject({ code: 0 })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const run = (...words: readonly string[]) =>
  lake(['ddl', ...words], { environment: { LAKE_URL: pathToFileURL(join(folder, 'lake')).href } })

async function lines(...words: readonly string[]): Promise<string[]> {
  const { code, output, messages } = await run(...words)
  expect({ code, messages }).toEqual({ code: 0, messages: '' })
  return output.trimEnd().split('\n')
}

test('Unity Catalog gets an external table of each, where it stands', async () => {
  const statements = (await lines('unity', '--at', place, '--catalog', 'main')).filter(line => !line.startsWith('--'))
  expect(statements).toEqual([
    "CREATE EXTERNAL LOCATION IF NOT EXISTS `acct_data` URL 'abfss://data@acct.dfs.core.windows.net/lake' WITH (STORAGE CREDENTIAL `<credential>`);",
    'CREATE CATALOG IF NOT EXISTS `main`;',
    'CREATE SCHEMA IF NOT EXISTS `main`.`bronze`;',
    'CREATE SCHEMA IF NOT EXISTS `main`.`gold`;',
    'CREATE SCHEMA IF NOT EXISTS `main`.`operation`;',
    "CREATE SCHEMA IF NOT EXISTS `main`.`it's`;",
    "CREATE TABLE IF NOT EXISTS `main`.`bronze`.`events` USING DELTA LOCATION 'abfss://data@acct.dfs.core.windows.net/lake/bronze/events';",
    "CREATE TABLE IF NOT EXISTS `main`.`gold`.`events_summary` USING DELTA LOCATION 'abfss://data@acct.dfs.core.windows.net/lake/gold/events_summary';",
    "CREATE TABLE IF NOT EXISTS `main`.`operation`.`monitor_logs` USING DELTA LOCATION 'abfss://data@acct.dfs.core.windows.net/lake/monitor_logs';",
    "CREATE TABLE IF NOT EXISTS `main`.`it's`.`a.b` USING DELTA LOCATION 'abfss://data@acct.dfs.core.windows.net/lake/it\\'s/a.b';",
  ])
})

test('Synapse gets views, whose batches end where a statement must begin one', async () => {
  const text = (await lines('synapse', '--at', 'abfss://data@acct.dfs.core.windows.net', '--schema', 'ops')).join('\n')
  expect(text).toContain("WITH (LOCATION = 'https://acct.dfs.core.windows.net/data', CREDENTIAL = lake_identity);\nGO")
  expect(text).toContain(
    "CREATE OR ALTER VIEW [bronze].[events] AS SELECT * FROM OPENROWSET(BULK 'bronze/events', DATA_SOURCE = 'lake', FORMAT = 'DELTA') AS rows;\nGO",
  )
  expect(text).toContain("CREATE OR ALTER VIEW [it's].[a.b] AS SELECT * FROM OPENROWSET(BULK 'it''s/a.b'")
  expect(text).toContain('[ops].[monitor_logs]')
  // A schema or a view has to be the first statement of its batch.
  const batches = text.split('\nGO').map(batch => batch.trim())
  for (const batch of batches.filter(one => /CREATE (?:SCHEMA|OR ALTER VIEW)/.test(one)))
    expect(batch).toMatch(/^CREATE (?:SCHEMA|OR ALTER VIEW) [^;]*;$/)
})

test('Fabric gets a shortcut of each, for a shell', async () => {
  const commands = (await lines('fabric', '--at', place)).filter(line => !line.startsWith('#'))
  expect(commands[0]).toBe(
    `fab ln 'lake.Workspace/lake.Lakehouse/Tables/bronze/events.Shortcut' --type adlsGen2 -i '{"location":"https://acct.dfs.core.windows.net/","subpath":"data/lake/bronze/events","connectionId":"<connection>"}'`,
  )
  expect(commands.at(-1)).toContain(`Tables/it'\\''s/a.b.Shortcut'`)
  expect(commands).toHaveLength(4)
})

describe('what cannot be registered is said', () => {
  test('a lake on this machine', async () => {
    expect(await run('unity')).toMatchObject({ code: 1, messages: expect.stringContaining('--at') as string })
  })

  test('the emulator', async () => {
    const { code, messages } = await run('fabric', '--at', 'http://127.0.0.1:10000/devstoreaccount1/lake')
    expect([code, messages]).toEqual([1, expect.stringContaining('does not reach')])
  })

  test('a catalog that is not known, and an empty lake', async () => {
    expect(await run('hive', '--at', place)).toMatchObject({
      code: 1,
      messages: expect.stringContaining('unity') as string,
    })
    const empty = { environment: { LAKE_URL: pathToFileURL(join(folder, 'none')).href } }
    expect(await lake(['ddl', 'unity', '--at', place], empty)).toMatchObject({ code: 1 })
  })

  test('a signature in the address is printed nowhere', async () => {
    const { output, messages } = await run('unity', '--at', `${place}?sv=2024-01-01&sr=c&sp=r&sig=abcdefSECRET`)
    expect(`${output}${messages}`).not.toContain('SECRET')
  })
})
