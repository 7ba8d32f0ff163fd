targetScope = 'subscription'

// The lake and the identity that writes it, in a resource group of their own: a deployment apart from `azd up`, so that
// `azd down` neither owns nor finds them. lake/deploy.js runs it before each provisioning; it changes nothing that is
// there already.

@minLength(1)
@maxLength(40)
param environmentName string
param location string

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
@description('Copies of the lake: in one datacenter, in three zones, in two regions, in both.')
param redundancy string = 'Standard_ZRS'

@minValue(1)
@maxValue(365)
@description('Days for which a deleted file or container can be brought back. What VACUUM deletes is paid for as long.')
param softDeleteDays int = 7

@description('The account answers by private endpoints only.')
param privateNetwork bool = false

@description('Object id of a user or group who may read the lake by name, as with `lake sql`; empty is none.')
param readerPrincipalId string = ''

@minValue(0)
@description('Budget of the group a month; 0 is none.')
param monthlyBudget int = 0
param budgetStart string = ''
param budgetContacts string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location, 'lake'))
var tags = { environment: environmentName, content: 'lake' }

resource group 'Microsoft.Resources/resourceGroups@2021-04-01' = {
  name: 'rg-${environmentName}-lake'
  location: location
  tags: tags
}

module lake 'storage.bicep' = {
  scope: group
  name: 'lake'
  params: {
    location: location
    tags: tags
    token: token
    redundancy: redundancy
    softDeleteDays: softDeleteDays
    privateNetwork: privateNetwork
    readerPrincipalId: readerPrincipalId
  }
}

module budget '../app/budget.bicep' = if (monthlyBudget > 0) {
  scope: group
  name: 'budget'
  params: {
    name: 'budget-${token}'
    amount: monthlyBudget
    start: budgetStart
    contacts: filter(map(split(budgetContacts, ','), part => trim(part)), part => !empty(part))
  }
}

// Names as lake/deploy.js writes them into the azd environment, from where main.parameters.json takes them.
output LAKE_RESOURCE_GROUP string = group.name
output LAKE_URL string = lake.outputs.url
output LAKE_ACCOUNT_ID string = lake.outputs.accountId
output IDENTITY_ID string = lake.outputs.identityId
output IDENTITY_CLIENT_ID string = lake.outputs.identityClientId
output IDENTITY_PRINCIPAL_ID string = lake.outputs.identityPrincipalId
