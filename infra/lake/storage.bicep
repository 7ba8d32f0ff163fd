// ADLS Gen2 for the lake, and the identity as which the pipeline writes it.

param location string
param tags object
param token string
param redundancy string
param softDeleteDays int
param privateNetwork bool
param readerPrincipalId string

// It lives with the lake and outlives the app: what it was granted elsewhere stays granted when the app is made again.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${token}'
  location: location
  tags: tags
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'stlake${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    isHnsEnabled: true
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
    }
  }
}

// Blob versioning, change feed and point-in-time restore are not to be had with a hierarchical namespace, and a table has
// its own versions: RESTORE goes back within its retention. Soft delete covers what that does not: files that somebody
// deletes beside the log.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'lake'
  properties: { publicAccess: 'None' }
}

// A file of a Delta table is live for as long as the log names it, whatever its age: no rule may go by age inside a table,
// neither deleting nor moving to a colder tier (VACUUM deletes what is not live). The one rule is for the journal of runs
// that committed nothing, which the monitor empties every minute: what it has not read after 90 days nobody will.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'run-journal'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['lake/_runs/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } } }
          }
        }
      ]
    }
  }
}

var storageBlobDataContributor = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
var storageBlobDataReader = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')

// Storage Blob Data Contributor on the lake's container, not on the account: the pipeline writes, reads, lists and (in
// maintenance) deletes files there. It cannot change access, keys, policies or other containers.
resource write 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(container.id, identity.id, storageBlobDataContributor)
  scope: container
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataContributor
  }
}

// Storage Blob Data Reader on the container, for the user or group that is named and nobody else: `lake sql`, Spark and
// others read the tables signed in as themselves.
resource read 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(readerPrincipalId)) {
  name: guid(container.id, readerPrincipalId, storageBlobDataReader)
  scope: container
  properties: {
    principalId: readerPrincipalId
    roleDefinitionId: storageBlobDataReader
  }
}

output url string = '${account.properties.primaryEndpoints.dfs}${container.name}'
output accountId string = account.id
output identityId string = identity.id
output identityClientId string = identity.properties.clientId
output identityPrincipalId string = identity.properties.principalId
