/** Models as files of the lake. */
export { FolderModelSource } from './folderModelSource.js'
