// An Event Hubs namespace with an event hub for each declared stream.

param location string
param tags object
param token string
param tier string
param capacity int
@description('Names of the event hubs: the topics of the streams.')
param topics array
param partitions int
param retentionHours int
@description('Consumer group of everything but the trigger, whose receivers shut others out.')
param readerConsumerGroup string
param identityPrincipalId string
@description('Read by the Kafka trigger, which has no identity, and so by a key.')
param kafkaEndpoint bool
@description('Where the key is put.')
param vaultName string
param privateNetwork bool

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: 'evhns-${token}'
  location: location
  tags: tags
  sku: { name: tier, tier: tier, capacity: capacity }
  properties: {
    minimumTlsVersion: '1.2'
    // No keys but where the Kafka endpoint leaves no choice.
    disableLocalAuth: !kafkaEndpoint
    kafkaEnabled: true
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
  }
}

resource hubs 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = [for topic in topics: {
  parent: namespace
  name: topic
  properties: {
    partitionCount: partitions
    retentionDescription: {
      cleanupPolicy: 'Delete'
      retentionTimeInHours: retentionHours
    }
  }
}]

resource readers 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [for (topic, i) in topics: {
  parent: hubs[i]
  name: readerConsumerGroup
}]

var eventHubsDataReceiver = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'a638d3c7-ab3a-418d-83e6-5f17a39d4fde')

// Azure Event Hubs Data Receiver on each event hub: trigger, repairs and the monitor read events, partitions and their
// ends. Nothing here sends. Not given where the Kafka endpoint is used, which a key opens instead.
resource receive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (topic, i) in topics: if (!kafkaEndpoint) {
  name: guid(hubs[i].id, identityPrincipalId, eventHubsDataReceiver)
  scope: hubs[i]
  properties: {
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: eventHubsDataReceiver
  }
}]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

// A key that may listen, and nothing else; of the namespace, because one connection serves all its event hubs.
resource listen 'Microsoft.EventHub/namespaces/authorizationRules@2024-01-01' = if (kafkaEndpoint) {
  parent: namespace
  name: 'listen'
  properties: { rights: ['Listen'] }
}

// From the namespace into the vault, without passing through an output.
resource password 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (kafkaEndpoint) {
  parent: vault
  name: 'KAFKA-PASSWORD'
  properties: {
    value: listen!.listKeys().primaryConnectionString
  }
}

output namespaceId string = namespace.id
