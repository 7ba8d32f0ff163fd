/**
 * Names in `_delta_log/` (PROTOCOL.md, "Delta Log Entries", "Checkpoints", "Version Checksum File").
 */
export const logFolder = '_delta_log/'
/** Folder of the sidecars of V2 checkpoints; relative to the table, as all paths here are. */
export const sidecarFolder = `${logFolder}_sidecars/`
/** The hint to the newest checkpoint; it may be missing, damaged or behind. */
export const lastCheckpointPath = `${logFolder}_last_checkpoint`

/** What a file of the log is, by its name. */
export type LogName =
  | { readonly kind: 'commit'; readonly version: number }
  | { readonly kind: 'checksum'; readonly version: number }
  | { readonly kind: 'classicCheckpoint'; readonly version: number }
  | { readonly kind: 'checkpointPart'; readonly version: number; readonly part: number; readonly parts: number }
  | {
      readonly kind: 'v2Checkpoint'
      readonly version: number
      readonly id: string
      readonly format: 'json' | 'parquet'
    }
  | ({ readonly kind: 'compacted'; /** The first. */ readonly version: number } & VersionRange)

/** A range of versions, both inclusive. */
export interface VersionRange {
  readonly from: number
  readonly to: number
}

/** A version as the log writes it: twenty digits, so that names sort as numbers. */
export function paddedVersion(version: number): string {
  return version.toString().padStart(20, '0')
}

/** The commit that makes a version: whoever creates this object has won the version. */
export function commitPath(version: number): string {
  return `${logFolder}${paddedVersion(version)}.json`
}

/** The version checksum, which a version may lack. */
export function checksumPath(version: number): string {
  return `${logFolder}${paddedVersion(version)}.crc`
}

/** A checkpoint in a single file; all who write one of this version write this object. */
export function classicCheckpointPath(version: number): string {
  return `${logFolder}${paddedVersion(version)}.checkpoint.parquet`
}

/** A V2 checkpoint under a unique name. */
export function v2CheckpointPath(version: number, id: string, format: 'json' | 'parquet'): string {
  return `${logFolder}${paddedVersion(version)}.checkpoint.${id}.${format}`
}

/** A log compaction file (PROTOCOL.md, "Log Compaction Files"). */
export function compactedPath({ from, to }: VersionRange): string {
  return `${logFolder}${paddedVersion(from)}.${paddedVersion(to)}.compacted.json`
}

const pattern =
  /^(\d{20})\.(?:(json)|(crc)|checkpoint\.(?:(parquet)|(\d{10})\.(\d{10})\.parquet|([0-9a-fA-F-]{36})\.(json|parquet))|(\d{20})\.compacted\.json)$/

/** What `path` (relative to the table) is in its log, or `undefined` when it means nothing to a reader. */
export function parseLogName(path: string): LogName | undefined {
  if (!path.startsWith(logFolder)) return undefined
  const match = pattern.exec(path.slice(logFolder.length))
  if (match === null) return undefined
  const [, digits = '', json, crc, classic, part, parts, id, format, last] = match
  const version = Number(digits)
  if (!Number.isSafeInteger(version)) return undefined
  if (json !== undefined) return { kind: 'commit', version }
  if (crc !== undefined) return { kind: 'checksum', version }
  if (classic !== undefined) return { kind: 'classicCheckpoint', version }
  if (part !== undefined) return { kind: 'checkpointPart', version, part: Number(part), parts: Number(parts) }
  if (last !== undefined) {
    const to = Number(last)
    return Number.isSafeInteger(to) && version < to ? { kind: 'compacted', version, from: version, to } : undefined
  }
  return { kind: 'v2Checkpoint', version, id: id ?? '', format: format === 'json' ? 'json' : 'parquet' }
}
