/** Azure Blob Storage and Azurite. */
export { emulatorAccount, emulatorKey } from './azureBlobCredential.js'
export { blockSize } from './azureBlobUpload.js'
export { azureIdentity } from './azureIdentity.js'
export { openAzureBlob, openNamedAzureBlob } from './openAzureBlob.js'
