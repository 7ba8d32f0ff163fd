import { describe, expect, it } from 'vitest'
import type { Metadata, Protocol } from '../../shared/delta/actions.js'
import { requireWritable } from '../../shared/delta/protocolGate.js'
import { formatSchema } from '../../shared/delta/schema.js'
import type { TableState } from '../../shared/delta/state.js'
import type { StructType } from '../../shared/parquet/dataType.js'

const schemaOf = (type: 'long' | 'timestamp_ntz'): StructType => ({ type: 'struct', fields: [{ name: 'a', type, nullable: true, metadata: {} }] })
const metadataOf = (configuration: Record<string, string>, schema = schemaOf('long')): Metadata => ({
  id: 'x',
  format: { provider: 'parquet', options: {} },
  schemaString: formatSchema(schema),
  partitionColumns: [],
  configuration,
})
const old: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }
const stateOf = (metadata: Metadata): TableState => ({ version: 0, protocol: old, metadata, schema: schemaOf('long'), txns: new Map(), domains: new Map(), timestamp: 0 })

describe('what a commit makes of a table', () => {
  it.each<[string, Metadata]>([
    ['timestampNtz', metadataOf({}, schemaOf('timestamp_ntz'))],
    ['deletionVectors', metadataOf({ 'delta.enableDeletionVectors': 'true' })],
    ['v2Checkpoint', metadataOf({ 'delta.checkpointPolicy': 'v2' })],
  ])('%s that the protocol does not list is refused: readers without it would not be told', (name, metaData) => {
    expect(() => { requireWritable(stateOf(metadataOf({})), { actions: [{ metaData }] }, {}) }).toThrow(new RegExp(`would need ${name}`))
    expect(() => { requireWritable(undefined, { actions: [{ protocol: old }, { metaData }] }, {}) }).toThrow(new RegExp(`would need ${name}`))
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: [name], writerFeatures: [name] }
    expect(() => { requireWritable(stateOf(metadataOf({})), { actions: [{ protocol }, { metaData }], keeps: [name] }, {}) }).not.toThrow()
  })

  it('a table that somebody left so may still be changed', () => {
    const wrong = { 'delta.enableDeletionVectors': 'true' }
    expect(() => { requireWritable(stateOf(metadataOf(wrong)), { actions: [{ metaData: metadataOf({ ...wrong, mine: '1' }) }] }, {}) }).not.toThrow()
  })
})
