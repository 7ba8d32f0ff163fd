// A monthly budget of the resource group this is deployed to. It notifies; it stops nothing.

param name string
param amount int
@description('First day of a month; of an existing budget it cannot be changed.')
param start string
@description('Mail addresses; the owners of the group besides.')
param contacts array

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      used80: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: contacts
        contactRoles: ['Owner']
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: contacts
        contactRoles: ['Owner']
      }
    }
  }
}
