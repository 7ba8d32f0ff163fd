import type { TokenCredential } from '@azure/identity'

/**
 * The function app's managed identity; elsewhere whoever is signed in on this machine (`az login`, environment).
 *
 * @param clientId of a user-assigned managed identity
 */
export async function azureIdentity(clientId: string | undefined): Promise<TokenCredential> {
  // Loaded only here: the identity library costs a cold start more than all the rest of storage.
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity')
  // In a function app the identity is known; the chain would first try what is not there.
  if (process.env['IDENTITY_ENDPOINT'] === undefined)
    return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId })
  return clientId === undefined ? new ManagedIdentityCredential() : new ManagedIdentityCredential({ clientId })
}
