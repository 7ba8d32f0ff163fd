import {
  clusteringColumns,
  liveRowCount,
  logicalPaths,
  readerFeaturesOf,
  type Snapshot,
  writerFeaturesOf,
} from '../../delta/index.js'
import { type Json, type JsonObject, parseJson, quotedColumn } from '../../types/index.js'
import { openCliLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { indentedJson } from '../output/index.js'
import { openTable, requireSnapshot, timeTravelOptions, versionOption } from '../tables/index.js'

/** `lake snapshot`: reads the log alone, no data file; on a terminal the JSON is indented. */
export const snapshot: Command = {
  usage: 'snapshot <table>',
  summary: 'print what a table is at a version',
  about:
    'Prints what a table is at a version, as one JSON object: version and its time, protocol with all its features, metadata ' +
    'with schema, properties and partition columns, clusteringColumns, numFiles, sizeInBytes, numRows (null when the ' +
    'statistics of a file lack them), deletion vectors and the rows they take away, transactions by application id, and ' +
    'domainMetadata by domain.',
  examples: ['lake snapshot bronze.events'],
  positionals: { least: 1, most: 1 },
  options: timeTravelOptions,
  async run(context, args) {
    const name = args.positional(0)
    await using lake = await openCliLake(context, args)
    const table = await openTable(context, lake, name)
    const found = await requireSnapshot(table, name, await versionOption(table, name, args))
    await context.output.write(`${indentedJson(snapshotJson(found), context.output.isTerminal ? 2 : 0)}\n`)
  },
}

/** A snapshot as JSON; integers beyond 2^53 keep all their digits. */
export function snapshotJson(snapshot: Snapshot): JsonObject {
  const { version, timestamp, protocol, metadata, schema, numFiles, sizeInBytes, txns, domains, files } = snapshot
  const { id, name, description, format, schemaString, partitionColumns, configuration, createdTime } = metadata
  const inOrder = <T>(entries: Iterable<readonly [string, T]>) =>
    [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const vectors = files.flatMap(({ deletionVector }) => (deletionVector === undefined ? [] : [deletionVector]))
  return {
    version,
    timestamp: new Date(timestamp).toISOString(),
    protocol: { ...protocol } satisfies JsonObject,
    features: [...new Set([...readerFeaturesOf(protocol), ...writerFeaturesOf(protocol)])].sort(),
    metadata: {
      id,
      name,
      description,
      format,
      schema: parseJson(schemaString),
      partitionColumns,
      configuration,
      createdTime,
    },
    clusteringColumns: logicalPaths(schema, clusteringColumns(snapshot) ?? []).map(quotedColumn),
    numFiles,
    sizeInBytes,
    numRows: liveRowCount(snapshot.files) ?? null,
    numDeletionVectors: vectors.length,
    numDeletedRows: vectors.reduce((sum, { cardinality }) => sum + cardinality, 0n),
    transactions: Object.fromEntries(inOrder([...txns].map(([appId, txn]): [string, Json] => [appId, txn.version]))),
    domainMetadata: Object.fromEntries(
      inOrder([...domains].map(([domain, d]): [string, Json] => [domain, d.configuration])),
    ),
  }
}
