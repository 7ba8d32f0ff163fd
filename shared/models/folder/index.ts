/** Models as files of the lake. */
export { FolderModelSource } from './folderModelSource.js'
export { type ModelPointer, ModelVersions } from './modelVersions.js'
