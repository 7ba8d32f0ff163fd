import { parseJson, type Json, type JsonObject } from '../../delta/json.js'
import type { Snapshot } from '../../delta/snapshot.js'
import { withLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { indentedJson } from '../indentedJson.js'
import { openTable, requireSnapshot } from '../openTable.js'

export const snapshot: Command = {
  usage: 'snapshot <table>',
  summary: 'print what a table is at a version',
  about:
    'Prints what a table is at a version, as one JSON object: version, protocol, metadata with its schema, numFiles, ' +
    'sizeInBytes, transactions by application id, and domainMetadata by domain.',
  positionals: { least: 1, most: 1 },
  options: { version: { value: 'N', about: 'the table as of that version; the newest when absent' } },
  async run(shell, args) {
    const name = args.positional(0)
    const version = args.whole('version')
    const found = await withLake(shell, args, async lake => requireSnapshot(await openTable(shell, lake, name), name, version))
    await shell.output.write(`${indentedJson(snapshotJson(found), shell.output.isTerminal ? 2 : 0)}\n`)
  },
}

/** A snapshot as JSON; integers beyond 2^53 keep all their digits. Pure; no I/O. */
export function snapshotJson(snapshot: Snapshot): JsonObject {
  const { version, protocol, metadata, numFiles, sizeInBytes, txns, domains } = snapshot
  const { id, name, description, format, schemaString, partitionColumns, configuration, createdTime } = metadata
  const inOrder = <T>(entries: Iterable<readonly [string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return {
    version,
    protocol: { ...protocol } satisfies JsonObject,
    metadata: { id, name, description, format, schema: parseJson(schemaString), partitionColumns, configuration, createdTime },
    numFiles,
    sizeInBytes,
    transactions: Object.fromEntries(inOrder([...txns].map(([appId, txn]): [string, Json] => [appId, txn.version]))),
    domainMetadata: Object.fromEntries(inOrder([...domains].map(([domain, d]): [string, Json] => [domain, d.configuration]))),
  }
}
