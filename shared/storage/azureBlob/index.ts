/** Azure Blob Storage and Azurite. */
export { openAzureBlob, openNamedAzureBlob } from './azureBlob.js'
export { emulatorAccount, emulatorKey } from './azureBlobCredential.js'
export { blockSize } from './azureBlobUpload.js'
export { azureIdentity } from './azureIdentity.js'
