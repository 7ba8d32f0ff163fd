/** Addresses of stores: parsed, shown without their secrets, checked against what the user allows. */
export {
  type AzureBlobAddress,
  formatAzureBlobAddress,
  isSameAccount,
  parseAzureBlobAddress,
} from './azureBlobAddress.js'
export { azureHost } from './azureBlobHost.js'
export { externalLocationOf, isInside, localLocations, notFollowed } from './externalLocation.js'
export { redactedAddress } from './redactedAddress.js'
