import type { ObjectInfo, ObjectStore } from '../../storage/index.js'
import { logFolder, paddedVersion, parseLogName, type VersionRange } from './logName.js'

/** The files of one whole checkpoint. */
export interface CheckpointFiles {
  readonly version: number
  readonly form: 'classic' | 'multiPart' | 'v2Json' | 'v2Parquet'
  /** One, or all the parts in order. */
  readonly files: readonly ObjectInfo[]
}

/** A log compaction file. */
export interface CompactedFile extends VersionRange {
  readonly file: ObjectInfo
}

/** What the log holds from a version on. */
export interface LogSegment {
  /** The lowest version looked for. */
  readonly from: number
  readonly commits: ReadonlyMap<number, ObjectInfo>
  /** Whole checkpoints, oldest first; of one version the single-file one last. Those that lack a part are left out. */
  readonly checkpoints: readonly CheckpointFiles[]
  /** In the order of their first versions. */
  readonly compacted: readonly CompactedFile[]
  /** Versions that have a checksum file, oldest first. */
  readonly checksums: readonly number[]
  /** The newest version seen as a commit or as a checkpoint, or −1. */
  readonly tip: number
}

/** How many trailing digits of a version a listing leaves open: blocks of a thousand versions, one page each. */
const blockDigits = 3
const blockSize = 10 ** blockDigits

/**
 * Lists the log from version `from` on. For `from` above zero it lists blocks of a thousand versions by their common
 * prefix until one holds no commit, so that a long log costs no more than a short one, with stores too that cannot
 * start a listing in the middle.
 *
 * @param upTo the last version that is asked for; behind its block nothing is listed
 */
export async function listLog(store: ObjectStore, from = 0, upTo = Infinity): Promise<LogSegment> {
  const found: ObjectInfo[] = []
  if (from <= 0) {
    for await (const info of store.list(`${logFolder}0`)) found.push(info)
    return arrange(0, found)
  }
  const startAfter = `${logFolder}${paddedVersion(from)}`
  for (let block = Math.floor(from / blockSize); ; block++) {
    const digits = paddedVersion(block * blockSize)
    const prefix = `${logFolder}${digits.slice(0, digits.length - blockDigits)}`
    let commits = 0
    for await (const info of store.list(prefix, { startAfter })) {
      found.push(info)
      if (parseLogName(info.path)?.kind === 'commit') commits++
    }
    if (commits === 0 || (block + 1) * blockSize > upTo) return arrange(from, found)
  }
}

function arrange(from: number, found: readonly ObjectInfo[]): LogSegment {
  const commits = new Map<number, ObjectInfo>()
  const checksums: number[] = []
  const checkpoints: CheckpointFiles[] = []
  const compacted: CompactedFile[] = []
  const parts = new Map<string, ObjectInfo[]>()
  let tip = -1
  for (const info of found) {
    const name = parseLogName(info.path)
    if (name === undefined || name.version < from) continue
    const { version } = name
    switch (name.kind) {
      case 'commit':
        commits.set(version, info)
        tip = Math.max(tip, version)
        break
      case 'checksum':
        checksums.push(version)
        break
      case 'compacted':
        compacted.push({ from: name.from, to: name.to, file: info })
        break
      case 'classicCheckpoint':
        checkpoints.push({ version, form: 'classic', files: [info] })
        break
      case 'v2Checkpoint':
        checkpoints.push({ version, form: name.format === 'json' ? 'v2Json' : 'v2Parquet', files: [info] })
        break
      case 'checkpointPart': {
        // Two writers may have cut one version differently: each way of cutting is a checkpoint of its own.
        const key = `${version.toString()}/${name.parts.toString()}`
        const known = parts.get(key) ?? []
        known.push(info)
        parts.set(key, known)
        if (known.length === name.parts) checkpoints.push({ version, form: 'multiPart', files: known })
        break
      }
    }
  }
  compacted.sort((a, b) => a.from - b.from || a.to - b.to)
  checksums.sort((a, b) => a - b)
  checkpoints.sort((a, b) => a.version - b.version || preference[a.form] - preference[b.form])
  tip = Math.max(tip, checkpoints.at(-1)?.version ?? -1)
  return { from, commits, checkpoints, compacted, checksums, tip }
}

const preference = { v2Json: 0, v2Parquet: 1, multiPart: 2, classic: 3 } as const
