import { describe, expect, test } from 'vitest'

import type { Action } from '../../../shared/delta/actions/actions.js'
import { commitPath } from '../../../shared/delta/log/logName.js'
import type { TableState } from '../../../shared/delta/protocol/tableState.js'
import type { DeltaTable } from '../../../shared/delta/table/table.js'
import { readsNothing } from '../../../shared/delta/transaction/transaction.js'
import { append, emptyTable, pathsOf } from '../appendedTable.js'

async function setUp() {
  const { store, open } = await emptyTable()
  return { store, open, table: open() }
}

const keeps = ['columnMapping', 'deletionVectors']

/** A change of the table's rules, made by someone else. */
async function change(table: DeltaTable, of: (state: TableState) => readonly Action[]): Promise<void> {
  const state = await table.state({ fresh: true })
  if (state === undefined) throw new Error('no table')
  const outcome = await table.commit({
    readVersion: state.version,
    actions: of(state),
    operation: 'SET TBLPROPERTIES',
    isBlindAppend: false,
    reads: readsNothing,
    keeps,
  })
  expect(outcome.kind).toBe('committed')
}

const featured = (state: TableState, ...names: string[]): Action => ({
  protocol: {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: names.filter(name => name === 'deletionVectors' || name === 'vacuumProtocolCheck'),
    writerFeatures: [...new Set([...(state.protocol.writerFeatures ?? ['appendOnly', 'invariants']), ...names])],
  },
})
const configured = ({ metadata }: TableState, configuration: Readonly<Record<string, string>>): Action => ({
  metaData: { ...metadata, configuration: { ...metadata.configuration, ...configuration } },
})

describe('an append that meets a change of rules', () => {
  test('goes over a new feature, and over deletion vectors turned on by the same commit', async () => {
    const { open, table } = await setUp()
    await table.state()
    await change(open(), state => [featured(state, 'vacuumProtocolCheck')])
    await change(open(), state => [
      featured(state, 'vacuumProtocolCheck', 'deletionVectors'),
      configured(state, { 'delta.enableDeletionVectors': 'true' }),
    ])
    expect(await table.commit({ ...append(0, 'a', 1n), keeps })).toMatchObject({ kind: 'committed', version: 3 })
    expect(await pathsOf(open())).toEqual(['a-1.parquet'])
  })

  test('goes over it just so when this process has seen the newer version already', async () => {
    const { open, table } = await setUp()
    await change(open(), state => [featured(state, 'vacuumProtocolCheck')])
    await change(open(), state => [
      featured(state, 'vacuumProtocolCheck', 'inCommitTimestamp'),
      configured(state, { 'delta.enableInCommitTimestamps': 'true' }),
    ])
    expect(await table.state({ fresh: true })).toMatchObject({ version: 2 })
    const outcome = await table.commit(append(0, 'a', 1n))
    expect(outcome).toMatchObject({ kind: 'committed', version: 3 })
    // Clocks stand still here, and yet the time must go on.
    expect(outcome.kind === 'committed' && outcome.timestamp).toBeGreaterThan((await table.state())?.version ?? 0)
    const [last, before] = await open().history()
    expect(last?.timestamp).toBeGreaterThan(before?.timestamp ?? Infinity)
  })

  test('is a conflict where the table now asks something that it was not written for', async () => {
    const { open, table } = await setUp()
    await table.state()
    await change(open(), state => [featured(state, 'columnMapping')])
    await change(open(), ({ metadata }) => [
      {
        metaData: {
          ...metadata,
          schemaString: metadata.schemaString.replace(
            '"metadata":{}',
            '"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"id"}',
          ),
          configuration: { 'delta.columnMapping.mode': 'name', 'delta.columnMapping.maxColumnId': '1' },
        },
      },
    ])
    expect(await table.commit(append(0, 'a', 1n))).toMatchObject({
      kind: 'conflict',
      reason: 'metadataChanged',
      version: 2,
    })
    expect(await table.commit({ ...append(0, 'a', 1n), keeps })).toMatchObject({ kind: 'committed', version: 3 })
  })

  test('is a conflict when the log no longer shows what the change was', async () => {
    const { store, open } = await setUp()
    const sleeper = open()
    await open().commit(append(0, 'b', 1n))
    await change(open(), state => [featured(state, 'vacuumProtocolCheck')])
    await open().writeCheckpoint()
    await sleeper.state({ fresh: true })
    await store.delete(commitPath(0))
    expect(await sleeper.commit(append(0, 'a', 1n))).toMatchObject({
      kind: 'conflict',
      reason: 'protocolChanged',
      version: 2,
    })
  })
})
