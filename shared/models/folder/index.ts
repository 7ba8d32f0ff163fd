/** Models as files of the lake. */
export { FolderModelSource } from './folderModelSource.js'
export { ModelVersions } from './modelVersions.js'
