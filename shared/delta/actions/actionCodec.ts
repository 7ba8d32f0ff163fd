import { formatJson, isJsonObject, type Json, type JsonObject } from '../../types/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import { deletionVectorOf, metadataOf, protocolOf, txnOf } from './actionBody.js'
import { Fields } from './actionFields.js'
import type {
  Action,
  AddFile,
  CdcFile,
  CheckpointMetadata,
  CommitInfo,
  DomainMetadata,
  RemoveFile,
  Sidecar,
} from './actions.js'
import { validateCommit } from './commitInvariants.js'
import { parseLogJson } from './logJson.js'
import { addLineStart, plainAdd } from './plainAdd.js'
import { writtenAdd } from './writtenAdd.js'

/** Actions ⇄ the text of a commit (PROTOCOL.md, "Actions"). */

/**
 * The actions of a commit's text, in its order. Unknown actions and fields are ignored, as the protocol asks.
 *
 * @throws DeltaError DELTA_BAD_JSON or DELTA_BAD_ACTION with the line, or DELTA_BAD_COMMIT when the actions contradict
 * each other
 */
export function decodeCommit(text: string, where: LogPlace = {}): Action[] {
  const actions = decodeActions(text, where)
  validateCommit(actions, where)
  return actions
}

/** The actions of newline-delimited JSON, not checked against each other: a compacted log, a JSON checkpoint. */
export function decodeActions(text: string, where: LogPlace = {}): Action[] {
  const actions: Action[] = []
  let line = 0
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    line++
    const add = text.startsWith(addLineStart, start)
      ? (writtenAdd(text, start, end) ?? plainAdd(text.slice(start, end)))
      : undefined
    if (add !== undefined) actions.push({ add })
    else if (end > start && text.slice(start, end).trim() !== '') {
      const place = { ...where, line }
      const action = decodeAction(parseLogJson(text.slice(start, end), place), place)
      if (action !== undefined) actions.push(action)
    }
    start = end + 1
  }
  return actions
}

/** One action, or undefined for one that this version of the protocol does not know. */
export function decodeAction(json: Json, where?: LogPlace): Action | undefined {
  if (!isJsonObject(json)) throw new DeltaError('DELTA_BAD_ACTION', 'an action must be a JSON object', { where })
  for (const name of Object.keys(json)) {
    const body = json[name]
    const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined
    if (decode === undefined || body === null || body === undefined) continue
    if (!isJsonObject(body)) throw new DeltaError('DELTA_BAD_ACTION', `${name} must be a JSON object`, { where })
    return decode(new Fields(name, body, where))
  }
  return undefined
}

/**
 * The text of a commit: one action a line, `commitInfo` first, as in-commit timestamps demand.
 *
 * @throws DeltaError DELTA_BAD_COMMIT for actions that may not be in one commit
 */
export function encodeCommit(actions: readonly Action[], where: LogPlace = {}): string {
  validateCommit(actions, where)
  const first = actions.filter(action => 'commitInfo' in action)
  const rest = actions.filter(action => !('commitInfo' in action))
  return [...first, ...rest].map(action => `${encodeAction(action)}\n`).join('')
}

/** The JSON text of one action, on one line. */
export function encodeAction(action: Action): string {
  return formatJson(action as unknown as JsonObject)
}

const decoders: Readonly<Record<string, (fields: Fields) => Action>> = {
  add: f => ({ add: addFile(f) }),
  remove: f => ({ remove: removeFile(f) }),
  txn: f => ({ txn: txnOf(f) }),
  commitInfo: f => ({ commitInfo: commitInfo(f) }),
  metaData: f => ({ metaData: metadataOf(f) }),
  protocol: f => ({ protocol: protocolOf(f) }),
  cdc: f => ({ cdc: cdcFile(f) }),
  domainMetadata: f => ({ domainMetadata: domainMetadata(f) }),
  checkpointMetadata: f => ({ checkpointMetadata: checkpointMetadata(f) }),
  sidecar: f => ({ sidecar: sidecar(f) }),
}

/** Free JSON, of which other writers make what they like; but what is reckoned with are numbers. */
function commitInfo({ body }: Fields): CommitInfo {
  const { timestamp, inCommitTimestamp } = body
  if (isNumberOrAbsent(timestamp) && isNumberOrAbsent(inCommitTimestamp)) return body
  return { ...body, timestamp: asNumber(timestamp), inCommitTimestamp: asNumber(inCommitTimestamp) }
}

const isNumberOrAbsent = (value: Json | undefined) => value === undefined || typeof value === 'number'
const asNumber = (value: Json | undefined) =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined

function addFile(f: Fields): AddFile {
  return {
    path: f.text('path'),
    partitionValues: f.map('partitionValues'),
    size: f.number('size'),
    modificationTime: f.number('modificationTime'),
    dataChange: f.boolean('dataChange'),
    stats: f.optionalText('stats'),
    tags: f.optionalMap('tags', true),
    deletionVector: deletionVectorOf(f.optionalObject('deletionVector')),
    baseRowId: f.optionalLong('baseRowId'),
    defaultRowCommitVersion: f.optionalLong('defaultRowCommitVersion'),
    clusteringProvider: f.optionalText('clusteringProvider'),
  }
}

function removeFile(f: Fields): RemoveFile {
  return {
    path: f.text('path'),
    dataChange: f.boolean('dataChange'),
    deletionTimestamp: f.optionalNumber('deletionTimestamp'),
    extendedFileMetadata: f.optionalBoolean('extendedFileMetadata'),
    partitionValues: f.optionalMap('partitionValues', true),
    size: f.optionalNumber('size'),
    stats: f.optionalText('stats'),
    tags: f.optionalMap('tags', true),
    deletionVector: deletionVectorOf(f.optionalObject('deletionVector')),
    baseRowId: f.optionalLong('baseRowId'),
    defaultRowCommitVersion: f.optionalLong('defaultRowCommitVersion'),
  }
}

function cdcFile(f: Fields): CdcFile {
  return {
    path: f.text('path'),
    partitionValues: f.map('partitionValues'),
    size: f.number('size'),
    dataChange: false,
    tags: f.optionalMap('tags', true),
  }
}

function domainMetadata(f: Fields): DomainMetadata {
  return { domain: f.text('domain'), configuration: f.text('configuration'), removed: f.boolean('removed') }
}

function checkpointMetadata(f: Fields): CheckpointMetadata {
  return { version: f.number('version'), tags: f.optionalMap('tags', false) }
}

function sidecar(f: Fields): Sidecar {
  return {
    path: f.text('path'),
    sizeInBytes: f.number('sizeInBytes'),
    modificationTime: f.number('modificationTime'),
    tags: f.optionalMap('tags', false),
  }
}
