// The function app on Flex Consumption or on Elastic Premium, with its settings.

param location string
param tags object
param token string
param hostingPlan string
param instanceMemoryMB int
param maximumInstanceCount int
@description('Instances by scale group.')
param alwaysReady object
param httpConcurrency int
param premiumSku string
param premiumMinimumInstances int
param identityId string
param identityClientId string
param hostStorageName string
@description('Address of the blob container of packages.')
param packageContainer string
param insightsName string
@description('Host of the namespace that the Event Hubs trigger reads by identity; empty when it does not.')
param eventHubsHost string
@description('Subnet of the app\'s outgoing traffic; empty when it is not in a network.')
param subnetId string
@description('The app\'s own settings; secrets are references to the Key Vault.')
param appSettings object

var isFlex = hostingPlan == 'flex'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// The platform's own settings: host storage, telemetry and the Event Hubs trigger by identity.
var platformSettings = union({
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  // It says where, and with local authentication off it opens nothing.
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
}, empty(eventHubsHost) ? {} : {
  EVENTHUBS__fullyQualifiedNamespace: eventHubsHost
  EVENTHUBS__credential: 'managedidentity'
  EVENTHUBS__clientId: identityClientId
}, isFlex ? {} : {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'node'
  // No file share, which would need an account key: the package is read from its blob by identity.
  WEBSITE_RUN_FROM_PACKAGE: '${packageContainer}/kafka-delta-functions.zip'
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identityId
})

resource flexPlan 'Microsoft.Web/serverfarms@2024-04-01' = if (isFlex) {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource premiumPlan 'Microsoft.Web/serverfarms@2024-04-01' = if (!isFlex) {
  name: 'plan-premium-${token}'
  location: location
  tags: tags
  kind: 'elastic'
  sku: { name: premiumSku, tier: 'ElasticPremium', capacity: premiumMinimumInstances }
  properties: {
    reserved: true
    maximumElasticWorkerCount: min(maximumInstanceCount, 100)
  }
}

var siteTags = union(tags, { 'azd-service-name': 'functions' })
var siteIdentity = { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }

resource flexApp 'Microsoft.Web/sites@2024-04-01' = if (isFlex) {
  name: 'func-${token}'
  location: location
  tags: siteTags
  kind: 'functionapp,linux'
  identity: siteIdentity
  properties: {
    serverFarmId: flexPlan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'node', version: '22' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: map(items(alwaysReady), item => { name: item.key, instanceCount: item.value })
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }
}

resource premiumApp 'Microsoft.Web/sites@2024-04-01' = if (!isFlex) {
  name: 'func-premium-${token}'
  location: location
  tags: siteTags
  kind: 'functionapp,linux'
  identity: siteIdentity
  properties: {
    serverFarmId: premiumPlan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      linuxFxVersion: 'NODE|22'
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      minimumElasticInstanceCount: premiumMinimumInstances
      functionAppScaleLimit: min(maximumInstanceCount, 100)
      // Without it the Kafka trigger's lag is not seen by the scale controller.
      functionsRuntimeScaleMonitoringEnabled: true
      vnetRouteAllEnabled: !empty(subnetId)
    }
  }
}

resource flexSettings 'Microsoft.Web/sites/config@2024-04-01' = if (isFlex) {
  parent: flexApp
  name: 'appsettings'
  properties: union(appSettings, platformSettings)
}

resource premiumSettings 'Microsoft.Web/sites/config@2024-04-01' = if (!isFlex) {
  parent: premiumApp
  name: 'appsettings'
  properties: union(appSettings, platformSettings)
}

// Deployments sign in; user name and password of the site open nothing.
resource flexPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for name in ['ftp', 'scm']: if (isFlex) {
  parent: flexApp
  name: name
  properties: { allow: false }
}]

resource premiumPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for name in ['ftp', 'scm']: if (!isFlex) {
  parent: premiumApp
  name: name
  properties: { allow: false }
}]

output name string = isFlex ? flexApp.name : premiumApp.name
output url string = 'https://${isFlex ? flexApp!.properties.defaultHostName : premiumApp!.properties.defaultHostName}'
