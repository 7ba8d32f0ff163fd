// Private endpoints of what the app connects to. Their names are found by private DNS zones, which exist once a network and
// are made before (README.md, "Private network"); without one the endpoint is there, and its name is left to the network.

param location string
param tags object
param token string
param subnetId string
@description('Ids of private DNS zones by service: { blob, vault, servicebus }.')
param zones object
param blobAccountIds array
param vaultId string
@description('Empty when there is none.')
param eventHubsId string

var blobTargets = [for id in blobAccountIds: { id: id, group: 'blob', zone: 'blob' }]
var otherTargets = concat(
  [{ id: vaultId, group: 'vault', zone: 'vault' }],
  empty(eventHubsId) ? [] : [{ id: eventHubsId, group: 'namespace', zone: 'servicebus' }]
)
var targets = concat(blobTargets, otherTargets)

resource endpoints 'Microsoft.Network/privateEndpoints@2021-08-01' = [for (target, i) in targets: {
  name: 'pe-${target.group}-${i}-${token}'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: target.group
        properties: {
          privateLinkServiceId: target.id
          groupIds: [target.group]
        }
      }
    ]
  }
}]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2021-08-01' = [for (target, i) in targets: if (contains(zones, target.zone)) {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      { name: target.zone, properties: { privateDnsZoneId: zones[target.zone] } }
    ]
  }
}]
