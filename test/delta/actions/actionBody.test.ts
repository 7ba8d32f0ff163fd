import { describe, expect, test } from 'vitest'

import { decodeAction } from '../../../shared/delta/actions/actionCodec.js'
import { checkpointActions } from '../../../shared/delta/checkpoint/checkpointRow.js'
import type { Json, Row, StructField } from '../../../shared/types/index.js'

const field = (name: string): StructField => ({ name, type: { type: 'struct', fields: [] }, nullable: true })

/** One action, out of a line of the log and out of the row of a checkpoint. */
const both: readonly (readonly [string, (name: string, body: Readonly<Record<string, unknown>>) => unknown])[] = [
  ['a line of the log', (name, body) => decodeAction({ [name]: body as Json })],
  [
    'a row of a checkpoint',
    (name, body) => checkpointActions([{ field: field(name), data: [body as unknown as Row] }], {})[0],
  ],
]

describe.each(both)('%s', (_, decode) => {
  test('without format, schema and lists of old writers means Parquet and no columns', () => {
    expect(decode('metaData', { id: 'x' })).toEqual({
      metaData: {
        id: 'x',
        name: undefined,
        description: undefined,
        format: { provider: 'parquet', options: {} },
        schemaString: '{"type":"struct","fields":[]}',
        partitionColumns: [],
        configuration: {},
        createdTime: undefined,
      },
    })
  })

  test('with a deletion vector of a kind that is not known is refused, not read without it', () => {
    const vector = { storageType: 'x', pathOrInlineDv: 'y', sizeInBytes: 1, cardinality: 1n }
    const body = { path: 'a', size: 1, dataChange: true, deletionVector: vector }
    expect(() => decode('remove', body)).toThrow(
      /storageType must be u, i or p, not "x"|"storageType" must be u, i or p/,
    )
  })

  test('keeps all digits of a txn', () => {
    expect(decode('txn', { appId: 'a', version: 9007199254740993n })).toEqual({
      txn: { appId: 'a', version: 9007199254740993n, lastUpdated: undefined },
    })
  })
})
