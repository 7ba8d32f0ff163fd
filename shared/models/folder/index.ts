/** Models as files of the lake. */
export { cardFile, FolderModelSource, onnxFile } from './folderModelSource.js'
export { ModelVersions } from './modelVersions.js'
