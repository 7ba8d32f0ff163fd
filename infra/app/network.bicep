// A virtual network with two subnets: one for the app's outgoing traffic, one for private endpoints.

param location string
param tags object
param token string
@description('At least a /24: half of it is each subnet\'s.')
param addressPrefix string
param hostingPlan string

// Flex Consumption runs in Container Apps' environments, Elastic Premium in App Service plans.
var delegation = hostingPlan == 'flex' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'

resource network 'Microsoft.Network/virtualNetworks@2021-08-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 0)
          delegations: [
            { name: 'app', properties: { serviceName: delegation } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

output appSubnetId string = '${network.id}/subnets/app'
output endpointSubnetId string = '${network.id}/subnets/endpoints'
