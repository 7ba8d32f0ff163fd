import { type AddFile, parseStats, type StatsColumn } from '../../delta/index.js'

const errorCode: StatsColumn = {
  key: '_error_code',
  path: ['_error_code'],
  physicalPath: ['_error_code'],
  field: { name: '_error_code', type: 'string', nullable: true },
  bounds: true,
}

/** Keeps bronze's rejected rows in files of their own, which readers of valid rows need not open. */
export function errorGroup({ stats }: Pick<AddFile, 'stats'>): 'valid' | 'rejected' | 'unknown' {
  if (stats === undefined) return 'unknown'
  try {
    const { numRecords, columns } = parseStats(stats, [errorCode])
    const nulls = columns.get(errorCode.key)?.nullCount
    return nulls === undefined ? 'unknown' : nulls < numRecords ? 'rejected' : 'valid'
  } catch {
    return 'unknown'
  }
}
