// Makes the lake's resource group before `azd provision` (azure.yaml, preprovision), and writes where it is into the azd
// environment. A deployment of its own: `azd down` deletes every group that azd's own deployment has to do with.
import { execFileSync } from 'node:child_process'

const env = process.env
const needed = name => {
  const value = env[name]
  if (value === undefined || value === '') fail(`${name} is not set. azd sets it: run this by \`azd provision\`.`)
  if (!/^[\w.-]+$/.test(value)) fail(`${name} is "${value}": expected letters, digits, "-", "_" and ".".`)
  return value
}
const fail = message => {
  process.stderr.write(`error: ${message}\n`)
  process.exit(1)
}
// az and azd are scripts on Windows, which need a shell.
const run = (command, args) =>
  execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })
const setValues = values => run('azd', ['env', 'set', ...Object.entries(values).map(([k, v]) => `${k}=${v}`)])

const name = needed('AZURE_ENV_NAME')
const location = needed('AZURE_LOCATION')
const subscription = needed('AZURE_SUBSCRIPTION_ID')

// The start of a budget cannot be changed: it is kept from the first time on.
const budgetStart = env['BUDGET_START'] || `${new Date().toISOString().slice(0, 7)}-01`

const optional = {
  redundancy: env['LAKE_REDUNDANCY'],
  softDeleteDays: env['LAKE_SOFT_DELETE_DAYS'],
  privateNetwork: env['PRIVATE_NETWORK'],
  readerPrincipalId: env['LAKE_READER_PRINCIPAL_ID'],
  monthlyBudget: env['LAKE_MONTHLY_BUDGET'],
  budgetContacts: env['BUDGET_CONTACTS'],
}
const parameters = { environmentName: name, location, budgetStart, ...optional }
const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')

const answer = run('az', [
  'deployment',
  'sub',
  'create',
  ...['--name', `lake-${name}`, '--subscription', subscription, '--location', location],
  ...['--template-file', 'infra/lake/main.bicep'],
  ...['--parameters', ...given.map(([key, value]) => `${key}=${value}`)],
  ...['--query', 'properties.outputs', '--output', 'json'],
])
const outputs = Object.fromEntries(
  Object.entries(JSON.parse(answer)).map(([key, { value }]) => [key.toUpperCase(), value]),
)

// The lock keeps the group from being deleted by hand, too; files in the lake can still be.
run('az', [
  'lock',
  'create',
  ...['--name', 'keep-lake', '--lock-type', 'CanNotDelete', '--subscription', subscription],
  ...['--resource-group', outputs['LAKE_RESOURCE_GROUP'], '--output', 'none'],
])

setValues({ ...outputs, BUDGET_START: budgetStart })
process.stdout.write(`The lake is ${outputs['LAKE_URL']}, in ${outputs['LAKE_RESOURCE_GROUP']}.\n`)
