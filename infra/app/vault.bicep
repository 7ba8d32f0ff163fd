// The Key Vault: the only place of secrets. App settings hold references to it.

param location string
param tags object
param token string
param identityPrincipalId string
param privateNetwork bool
param workspaceId string

@description('Which of `secrets` are set: settings by name.')
param secretNames array

@secure()
@description('Values of secret settings by name.')
param secrets object

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

// The name of a secret may hold no underscore. The references name no version, so that a new value is taken up by
// itself, within a day or at the app's next start.
resource values 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [for name in secretNames: {
  parent: vault
  name: replace(name, '_', '-')
  properties: {
    value: secrets[name]
  }
}]

var keyVaultSecretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

// Key Vault Secrets User on this vault: the platform resolves the references in app settings as the app's identity
// (keyVaultReferenceIdentity). It reads secrets, and can neither write nor list keys and certificates.
resource readSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identityPrincipalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: keyVaultSecretsUser
  }
}

// Who read which secret, and when.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'AuditEvent', enabled: true }
    ]
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
