/** The actions of the log, their JSON, and where a data file is. */
export { type ActionFields, deletionVectorOf, metadataOf, protocolOf, txnOf } from './actionBody.js'
export { decodeAction, decodeActions, decodeCommit, encodeAction, encodeCommit } from './actionCodec.js'
export type {
  Action,
  AddFile,
  CdcFile,
  CommitInfo,
  DeletionVector,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Sidecar,
  Txn,
} from './actions.js'
export { type DataObject, locateData, type OpenFolder } from './dataObject.js'
export { canonicalPath, decodeLogPath, encodeLogPath, isAbsolutePath, resolveDataPath } from './dataPath.js'
export { fileKey } from './fileKey.js'
export { parseLogJson } from './logJson.js'
export { removedFile } from './removedFile.js'
export { sizeChanges } from './sizeChanges.js'
