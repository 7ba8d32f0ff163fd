import type { MonitorEntry } from './monitorEntry.js'

/**
 * The command that repairs what an entry tells of; undefined where nothing is wrong or no command is known to help, as
 * with a source that is silent.
 *
 * @param source the entry of the table that this one is made from
 */
export function repairOf(entry: MonitorEntry, source: MonitorEntry | undefined): string | undefined {
  const { stream, layer, status, reason } = entry
  if (status === 'PAUSED' && stream !== undefined) return `lake resume ${stream}`
  if (stream === undefined || layer === undefined || status === 'OK' || status === 'UNKNOWN') return undefined
  if (layer === 'bronze') {
    if (reason.includes('lake reset-offsets')) return `lake reset-offsets ${stream}`
    return status !== 'DEGRADED' && entry.lag !== undefined && entry.lag > 0n ? 'lake run bronze' : undefined
  }
  const step = layer === 'silver' ? 'silver' : 'gold'
  if (entry.reconciled === false || reason.includes(`lake rebuild ${step}`))
    return `lake rebuild ${step} --stream ${stream}`
  return status !== 'DEGRADED' && isBehind(entry, source) ? `lake run ${step}` : undefined
}

function isBehind(entry: MonitorEntry, source: MonitorEntry | undefined): boolean {
  if (source?.newestEvent === undefined) return false
  return entry.newestEvent === undefined || entry.newestEvent < source.newestEvent
}
