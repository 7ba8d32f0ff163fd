import { createHash } from 'node:crypto'

import { asError } from '../../errors.js'
import {
  formatJson,
  isJsonArray,
  isJsonObject,
  type Json,
  type JsonNumber,
  type JsonObject,
  parseJson,
} from '../../types/index.js'

/**
 * The hint in `_delta_log/_last_checkpoint` (PROTOCOL.md, "Last Checkpoint File Schema").
 */
export interface LastCheckpoint {
  readonly version: number
  /** Actions in the checkpoint; -1 where the writer did not count. */
  readonly size: number
  /** Files of a multi-part checkpoint. */
  readonly parts?: number | undefined
  readonly sizeInBytes?: number | undefined
  readonly numOfAddFiles?: number | undefined
  readonly checkpointSchema?: Json | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** What Spark adds for a V2 checkpoint: its file, and of its content what is not long. */
  readonly v2Checkpoint?: Json | undefined
}

/** A hint may be torn or stale at any time, so an unreadable one is an outcome: list the log instead. */
export type LastCheckpointHint =
  { readonly kind: 'valid'; readonly checkpoint: LastCheckpoint } | { readonly kind: 'invalid'; readonly why: string }

/** Reads the hint and verifies its checksum, when it has one. */
export function decodeLastCheckpoint(text: string): LastCheckpointHint {
  let json: Json
  try {
    json = parseJson(text)
  } catch (error) {
    return { kind: 'invalid', why: asError(error).message }
  }
  if (!isJsonObject(json)) return { kind: 'invalid', why: 'it is not a JSON object' }
  const { version, size, parts, sizeInBytes, numOfAddFiles, checkpointSchema, tags, v2Checkpoint, checksum } = json
  if (!isCount(version)) return { kind: 'invalid', why: 'its version is not a number' }
  if (typeof checksum === 'string' && checksum !== jsonChecksum(json))
    return { kind: 'invalid', why: 'its checksum does not match its content' }
  return {
    kind: 'valid',
    checkpoint: {
      version,
      size: isCount(size) ? size : -1,
      parts: isCount(parts) ? parts : undefined,
      sizeInBytes: isCount(sizeInBytes) ? sizeInBytes : undefined,
      numOfAddFiles: isCount(numOfAddFiles) ? numOfAddFiles : undefined,
      checkpointSchema: checkpointSchema ?? undefined,
      tags: isJsonObject(tags) ? stringFields(tags) : undefined,
      v2Checkpoint: v2Checkpoint ?? undefined,
    },
  }
}

/** The hint's text, with its checksum. */
export function encodeLastCheckpoint(checkpoint: LastCheckpoint): string {
  const { version, size, parts, sizeInBytes, numOfAddFiles, v2Checkpoint, checkpointSchema, tags } = checkpoint
  const body: JsonObject = { version, size, parts, sizeInBytes, numOfAddFiles, v2Checkpoint, checkpointSchema, tags }
  return formatJson({ ...body, checksum: jsonChecksum(body) })
}

/** MD5 of the canonical form, 32 hexadecimal digits (PROTOCOL.md, "JSON checksum"). */
export function jsonChecksum(json: Json): string {
  return createHash('md5').update(canonicalJson(json)).digest('hex')
}

/** The canonical form: every leaf as `path=value`, in the order of the paths' bytes; a top-level `checksum` is left out. */
export function canonicalJson(json: Json): string {
  const leaves: [string, string][] = []
  collect(json, '', leaves)
  // Everything outside ASCII is percent-encoded, so the order of characters is the order of bytes.
  leaves.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return leaves.map(([path, value]) => (path === '' ? value : `${path}=${value}`)).join(',')
}

function collect(value: Json, path: string, leaves: [string, string][]): void {
  const below = (name: string) => (path === '' ? name : `${path}+${name}`)
  if (isJsonArray(value)) for (const [i, item] of value.entries()) collect(item, below(String(i)), leaves)
  else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value))
      if (item !== undefined && !(path === '' && key === 'checksum')) collect(item, below(quote(key)), leaves)
  } else leaves.push([path, scalar(value)])
}

function scalar(value: null | boolean | number | bigint | string | JsonNumber): string {
  return typeof value === 'string' ? quote(value) : formatJson(value)
}

/** In quotes, with everything but letters, digits and `-._~` percent-encoded. */
function quote(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed())
  return `"${encoded.replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}"`
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function stringFields(tags: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).flatMap(([key, v]) => (typeof v === 'string' ? [[key, v]] : [])))
}
