targetScope = 'subscription'

// What `azd up` makes and `azd down` takes away: the function app and what it stands on. The lake and the identity that
// writes it are made by lake/main.bicep in a group of their own. Nothing of that group is named here, not even as
// `existing`: `azd down` deletes every resource group that a resource of this deployment is in.

import { defaultSettings, secretSettings, topics } from 'app/declared.bicep'

@minLength(1)
@maxLength(40)
@description('Name of the environment; it is part of every name.')
param environmentName string

@description('Region of everything here; the region of the lake, or its traffic is paid for.')
param location string

// ---- what lake/main.bicep gave, written into the azd environment by lake/deploy.js ----

@description('Root of the lake: https://<account>.dfs.core.windows.net/<container>.')
param lakeUrl string

@description('Resource id of the lake\'s storage account; needed for its private endpoint only.')
param lakeAccountId string = ''

@description('Resource id of the user-assigned identity as which the app runs.')
param identityId string

@description('Client id of that identity.')
param identityClientId string

@description('Object id of that identity, for role assignments.')
param identityPrincipalId string

// ---- where records come from ----

@description('kafka: brokers that exist (settings, secrets). eventhubs: a namespace made here, by identity. eventhubs-kafka: the same by its Kafka endpoint, which needs a key.')
@allowed(['kafka', 'eventhubs', 'eventhubs-kafka'])
param source string = 'kafka'

@allowed(['Standard', 'Premium'])
@description('Tier of the Event Hubs namespace; Basic has one consumer group only, which is not enough.')
param eventHubsTier string = 'Standard'

@minValue(1)
@maxValue(40)
@description('Throughput or processing units of the Event Hubs namespace.')
param eventHubsCapacity int = 1

@minValue(1)
@maxValue(100)
@description('Partitions of an event hub: the most instances that read it at once. Standard allows 32.')
param eventHubsPartitions int = 4

@minValue(1)
@maxValue(2160)
@description('Hours that an event hub keeps events: the longest outage without loss. Standard allows 168.')
param eventHubsRetentionHours int = 168

// ---- what the app runs on ----

@allowed(['flex', 'premium'])
@description('Flex Consumption, or Elastic Premium.')
param hostingPlan string = 'flex'

@allowed([512, 2048, 4096])
@description('Flex: memory of an instance in MB.')
param instanceMemoryMB int = 2048

@minValue(1)
@maxValue(1000)
@description('Most instances of the app.')
param maximumInstanceCount int = 40

@description('Flex: instances that are kept running, by scale group: { "function:bronze_events": 1 }, { "http": 1 }.')
param alwaysReady object = {}

@minValue(1)
@maxValue(1000)
@description('Flex: calls of HTTP functions that one instance takes at once.')
param httpConcurrency int = 4

@allowed(['EP1', 'EP2', 'EP3'])
@description('Premium: size of an instance.')
param premiumSku string = 'EP1'

@minValue(1)
@maxValue(20)
@description('Premium: instances that always run.')
param premiumMinimumInstances int = 1

// ---- the app's settings ----

@description('Settings that are not the default, by name (docs/settings.md). None that is secret.')
param settings object = {}

@secure()
@description('Secret settings by name: put into the Key Vault. Empty ones are left out.')
param secrets object = {}

@description('Names of secret settings that are in the Key Vault already, separated by commas: KAFKA_PASSWORD is the secret KAFKA-PASSWORD.')
param storedInVault string = ''

// ---- network, observation, money ----

@description('Lake, host storage, Key Vault and Event Hubs by private endpoints only.')
param privateNetwork bool = false

@description('Address space of the virtual network.')
param networkAddress string = '10.80.0.0/22'

@description('Ids of private DNS zones that exist and are linked to the network, by service: { blob, vault, servicebus }.')
param privateDnsZones object = {}

@minValue(-1)
@description('Most GB of logs a day; -1 is no limit. Beyond it logs, and alerts on them, stop until the next day.')
param logDailyQuotaGb int = -1

@minValue(0)
@description('Budget of the group in the currency of the subscription, a month; 0 is none.')
param monthlyBudget int = 0

@description('First day of the month in which the budget began (2026-12-01). It cannot be changed later.')
param budgetStart string = ''

@description('Who is notified when the budget is used up by 80 % and by 100 %: mail addresses, separated by commas.')
param budgetContacts string = ''

@description('Rules of Azure Monitor for every alert (RUNBOOK.md); thresholds are the settings ALERT_….')
param alertsEnabled bool = true

@description('Who is notified of alerts: mail addresses, separated by commas.')
param alertContacts string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var withEventHubs = source != 'kafka'
var byKafkaEndpoint = source == 'eventhubs-kafka'
var namespaceHost = 'evhns-${token}.servicebus.windows.net'

// A secret's value is looked at here only to know whether there is one.
var givenSecrets = filter(secretSettings, name => contains(secrets, name) && !empty(secrets[name]))
var storedSecrets = filter(secretSettings, name => contains(map(split(storedInVault, ','), part => trim(part)), name))
var usedSecrets = union(givenSecrets, storedSecrets, byKafkaEndpoint ? ['KAFKA_PASSWORD'] : [])
var secretReferences = toObject(usedSecrets, name => name, name => '@Microsoft.KeyVault(SecretUri=${vault.outputs.uri}secrets/${replace(name, '_', '-')})')

var sourceSettings = {
  kafka: {}
  eventhubs: {
    SOURCE: 'eventhubs'
    EVENTHUBS_NAMESPACE: namespaceHost
  }
  'eventhubs-kafka': {
    KAFKA_BROKERS: '${namespaceHost}:9093'
    KAFKA_SECURITY_PROTOCOL: 'sasl_ssl'
    KAFKA_SASL_MECHANISM: 'plain'
    KAFKA_USERNAME: '$ConnectionString'
  }
}

// By these the allocator gives back at once what was freed, and Node's heap stays within its half and keeps little for more. A worker that is given
// arguments is started anew with the app's environment instead of taken from those that Azure keeps waiting, which know
// neither; that costs a cold start the start of Node.
var smallestInstance = {
  MODEL_MEMORY_LIMIT: '96MB'
  MALLOC_ARENA_MAX: '2'
  MALLOC_MMAP_THRESHOLD_: '131072'
  MALLOC_TRIM_THRESHOLD_: '131072'
  languageWorkers__node__arguments: '--max-old-space-size=256 --max-semi-space-size=4'
}

// What fits into an instance. A Flex instance has less than a gigabyte of temporary disk.
var premiumMemoryMB = { EP1: '3584', EP2: '7168', EP3: '14336' }
var sizeSettings = hostingPlan == 'premium' ? {
  INSTANCE_MEMORY_MB: premiumMemoryMB[premiumSku]
} : union({
  INSTANCE_MEMORY_MB: string(instanceMemoryMB)
  TEMP_LIMIT: '600MB'
}, instanceMemoryMB == 512 ? smallestInstance : {})

var placeSettings = {
  LAKE_URL: lakeUrl
  LOG_FORMAT: 'json'
  AZURE_CLIENT_ID: identityClientId
}

// The later one wins. Empty values are settings that are not set.
var givenSettings = toObject(filter(items(settings), item => !empty(item.value)), item => item.key, item => item.value)
var plainSettings = union(defaultSettings, sizeSettings, placeSettings, sourceSettings[source], givenSettings)
var appSettings = union(
  toObject(filter(items(plainSettings), item => !empty(item.value)), item => item.key, item => item.value),
  secretReferences
)

resource group 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module observation 'app/observation.bicep' = {
  scope: group
  name: 'observation'
  params: {
    location: location
    tags: tags
    token: token
    identityPrincipalId: identityPrincipalId
    dailyQuotaGb: logDailyQuotaGb
  }
}

module network 'app/network.bicep' = if (privateNetwork) {
  scope: group
  name: 'network'
  params: {
    location: location
    tags: tags
    token: token
    addressPrefix: networkAddress
    hostingPlan: hostingPlan
  }
}

module hostStorage 'app/hostStorage.bicep' = {
  scope: group
  name: 'hostStorage'
  params: {
    location: location
    tags: tags
    token: token
    identityPrincipalId: identityPrincipalId
    privateNetwork: privateNetwork
  }
}

module vault 'app/vault.bicep' = {
  scope: group
  name: 'vault'
  params: {
    location: location
    tags: tags
    token: token
    identityPrincipalId: identityPrincipalId
    privateNetwork: privateNetwork
    workspaceId: observation.outputs.workspaceId
    secretNames: givenSecrets
    secrets: secrets
  }
}

module eventHubs 'app/eventHubs.bicep' = if (withEventHubs) {
  scope: group
  name: 'eventHubs'
  params: {
    location: location
    tags: tags
    token: token
    tier: eventHubsTier
    capacity: eventHubsCapacity
    topics: topics
    partitions: eventHubsPartitions
    retentionHours: eventHubsRetentionHours
    readerConsumerGroup: plainSettings.EVENTHUBS_READER_CONSUMER_GROUP
    identityPrincipalId: identityPrincipalId
    kafkaEndpoint: byKafkaEndpoint
    vaultName: vault.outputs.name
    privateNetwork: privateNetwork
  }
}

module endpoints 'app/privateEndpoints.bicep' = if (privateNetwork) {
  scope: group
  name: 'privateEndpoints'
  params: {
    location: location
    tags: tags
    token: token
    subnetId: network!.outputs.endpointSubnetId
    zones: privateDnsZones
    blobAccountIds: concat([hostStorage.outputs.accountId], empty(lakeAccountId) ? [] : [lakeAccountId])
    vaultId: vault.outputs.id
    eventHubsId: withEventHubs ? eventHubs!.outputs.namespaceId : ''
  }
}

module functionApp 'app/functionApp.bicep' = {
  scope: group
  name: 'functionApp'
  // The app reads secrets and storage when it starts: roles and ways to them come first.
  dependsOn: [eventHubs, endpoints]
  params: {
    location: location
    tags: tags
    token: token
    hostingPlan: hostingPlan
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReady: alwaysReady
    httpConcurrency: httpConcurrency
    premiumSku: premiumSku
    premiumMinimumInstances: premiumMinimumInstances
    identityId: identityId
    identityClientId: identityClientId
    hostStorageName: hostStorage.outputs.accountName
    packageContainer: hostStorage.outputs.packageContainer
    insightsName: observation.outputs.insightsName
    eventHubsHost: source == 'eventhubs' ? namespaceHost : ''
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    appSettings: appSettings
  }
}

module alerts 'app/alerts.bicep' = {
  scope: group
  name: 'alerts'
  params: {
    location: location
    tags: tags
    token: token
    insightsId: observation.outputs.insightsId
    settings: plainSettings
    contacts: filter(map(split(alertContacts, ','), part => trim(part)), part => !empty(part))
    enabled: alertsEnabled
  }
}

module budget 'app/budget.bicep' = if (monthlyBudget > 0) {
  scope: group
  name: 'budget'
  params: {
    name: 'budget-${token}'
    amount: monthlyBudget
    start: budgetStart
    contacts: filter(map(split(budgetContacts, ','), part => trim(part)), part => !empty(part))
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output FUNCTION_APP_NAME string = functionApp.outputs.name
output FUNCTION_APP_URL string = functionApp.outputs.url
output KEY_VAULT_NAME string = vault.outputs.name
output EVENTHUBS_HOST string = withEventHubs ? namespaceHost : ''
output LOG_ANALYTICS_WORKSPACE_ID string = observation.outputs.workspaceId
