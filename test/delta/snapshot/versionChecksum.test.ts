import { describe, expect, test } from 'vitest'

import {
  decodeVersionChecksum,
  encodeVersionChecksum,
  type VersionChecksum,
} from '../../../shared/delta/snapshot/versionChecksum.js'
import { haveConformanceTables } from '../../harness/conformanceTables.js'
import { logFiles } from '../conformanceLogs.js'

const checksum: VersionChecksum = {
  txnId: 'u',
  tableSizeBytes: 2n ** 60n,
  numFiles: 3n,
  setTransactions: [{ appId: 'a', version: 2n ** 61n, lastUpdated: 4 }],
  domainMetadata: [],
  metadata: {
    id: 'x',
    format: { provider: 'parquet', options: {} },
    schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: [],
    configuration: {},
  },
  protocol: { minReaderVersion: 1, minWriterVersion: 2 },
}

describe('a version checksum', () => {
  test('what is written is read back, with all digits', () => {
    const text = encodeVersionChecksum(checksum)
    expect(text).toContain('"tableSizeBytes":1152921504606846976,"numFiles":3,"numMetadata":1,"numProtocol":1')
    expect(decodeVersionChecksum(text)).toEqual({ kind: 'valid', checksum })
  })

  test('no word about transactions is not the same as no transactions', () => {
    const silent = { ...checksum, setTransactions: undefined }
    const reading = decodeVersionChecksum(encodeVersionChecksum(silent))
    expect(reading.kind === 'valid' && reading.checksum.setTransactions).toBeUndefined()
    const none = decodeVersionChecksum(encodeVersionChecksum({ ...checksum, setTransactions: [] }))
    expect(none.kind === 'valid' && none.checksum.setTransactions).toEqual([])
  })

  test.each(['', '{"tableSizeBytes":1,"numFiles":1', '{}', '{"tableSizeBytes":1,"numFiles":1,"protocol":{}}'])(
    'a torn one (%j) is an outcome, not an error',
    text => {
      expect(decodeVersionChecksum(text).kind).toBe('invalid')
    },
  )
})

describe.skipIf(!haveConformanceTables)('version checksums that Spark wrote', () => {
  test('are read, and their totals are those of the files they list', () => {
    const files = logFiles(/^\d{20}\.crc$/)
    expect(files.length).toBeGreaterThan(20)
    for (const { table, name, text } of files) {
      const reading = decodeVersionChecksum(text)
      if (reading.kind === 'invalid') throw new Error(`${table} ${name}: ${reading.why}`)
      const { allFiles, numFiles, tableSizeBytes } = reading.checksum
      if (allFiles === undefined) continue
      expect(BigInt(allFiles.length), table).toBe(numFiles)
      expect(BigInt(allFiles.reduce((sum, file) => sum + file.size, 0)), table).toBe(tableSizeBytes)
    }
  })
})
