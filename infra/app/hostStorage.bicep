// What the function host keeps for itself: packages, timers' leases and states, checkpoints of the Event Hubs trigger,
// function keys. It can be lost and made again; the lake can not, and is another account.

param location string
param tags object
param token string
param identityPrincipalId string
param privateNetwork bool

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'sthost${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
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

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource packages 'containers' = {
      name: 'packages'
      properties: { publicAccess: 'None' }
    }
  }
}

var storageBlobDataOwner = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')

// Storage Blob Data Owner on the host's account, which holds nothing of the lake: the role that the platform asks for
// AzureWebJobsStorage by identity (it makes containers, takes leases, reads the package). Queues and tables are not
// used: no trigger here needs them, and the host's diagnostic events, which it would keep in a table, are in the logs.
resource hostOwner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identityPrincipalId, storageBlobDataOwner)
  scope: account
  properties: {
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: storageBlobDataOwner
  }
}

output accountId string = account.id
output accountName string = account.name
output packageContainer string = '${account.properties.primaryEndpoints.blob}packages'
