import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { memoryOfInstance } from '../../infra/local/hostMemory.js'
import { bronzePath } from '../../shared/contract/index.js'
import { journalFolder } from '../../shared/pipeline/lake/index.js'
import { defaultText, isSecret, localDefaults, readSettings, settingNames } from '../../shared/settings/index.js'
import { streams } from '../../shared/streams/index.js'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const bicepFiles = readdirSync(join(root, 'infra'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.bicep'))
  .map(name => `infra/${name}`)
const parameterFiles = ['infra/main.parameters.json', ...namesIn('infra/parameters')]

function namesIn(folder: string): string[] {
  return readdirSync(join(root, folder)).map(name => `${folder}/${name}`)
}

interface Parameters {
  readonly parameters: Record<string, { readonly value: unknown }> & {
    readonly settings: { readonly value: Record<string, string> }
    readonly secrets: { readonly value: Record<string, string> }
    readonly source: { readonly value: string }
  }
}
const parametersOf = (file: string) => (JSON.parse(read(file)) as Parameters).parameters

/** Without comments. */
const codeOf = (file: string) => read(file).replaceAll(/^\s*\/\/.*$/gm, '')

/** The flat `key: 'text'` entries of an object. */
function entriesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^\s+(\w+): '((?:[^'\\]|\\.)*)'$/gm)].map(([, key = '', value = '']) => [
      key,
      value.replaceAll(/\\(.)/g, '$1'),
    ]),
  )
}

/** The body of `var NAME = { … }` or `= [ … ]`. */
function variable(file: string, name: string): string {
  const [, body] = new RegExp(`^var ${name} = [{[]\\n([\\s\\S]*?)^[}\\]]`, 'm').exec(read(file)) ?? []
  if (body === undefined) throw new Error(`${file} has no variable ${name}.`)
  return body
}

const listOf = (text: string) => [...text.matchAll(/^\s+'([^']+)'$/gm)].map(([, value = '']) => value)

describe('settings of the deployed app', () => {
  const declared = entriesOf(variable('infra/app/declared.bicep', 'defaultSettings'))
  const secret = listOf(variable('infra/app/declared.bicep', 'secretSettings'))
  const template = (JSON.parse(read('local.settings.template.json')) as { Values: Record<string, string> }).Values

  test('are those of the code and of the template, one for one', () => {
    expect([...Object.keys(declared), ...secret].sort()).toEqual([...settingNames].sort())
    const names = Object.keys(template).filter(name => !/^(AzureWebJobs|FUNCTIONS_)/.test(name))
    expect(names.sort()).toEqual([...Object.keys(declared), ...secret].sort())
  })

  test('have the defaults of the code, but for places on this machine', () => {
    for (const [name, value] of Object.entries(declared)) {
      const isLocal = (localDefaults as readonly string[]).includes(name)
      expect([name, value]).toEqual([name, isLocal ? '' : defaultText(name as (typeof settingNames)[number])])
    }
    const local = settingNames.filter(name => /127\.0\.0\.1|localhost/.test(defaultText(name)))
    expect([...local].sort()).toEqual([...localDefaults].sort())
  })

  test('that are secret are references to the vault, and no other is', () => {
    expect([...secret].sort()).toEqual(settingNames.filter(isSecret).sort())
    expect(read('infra/main.bicep')).toMatch(
      /var secretReferences = toObject\(usedSecrets, .*@Microsoft\.KeyVault\(SecretUri=/,
    )
    expect(read('infra/main.bicep').match(/@Microsoft\.KeyVault/g)).toHaveLength(1)
  })

  test.each(parameterFiles)('of %s have known names, the secret ones apart', file => {
    const { settings, secrets } = parametersOf(file)
    expect(Object.keys(settings.value).filter(name => declared[name] === undefined)).toEqual([])
    expect(Object.keys(secrets.value).filter(name => !secret.includes(name))).toEqual([])
    // A value that stands in the file would be a secret in the repository.
    for (const [name, value] of Object.entries(secrets.value)) expect(value).toBe(`\${${name}}`)
  })

  test.each(parameterFiles.flatMap(file => sourcesOf(file).map(source => [file, source] as const)))(
    'of %s from %s are settings the app starts with',
    (file, source) => {
      const { settings, secrets } = parametersOf(file)
      const host = 'evhns-x.servicebus.windows.net'
      const azd: Record<string, string> = {
        KAFKA_BROKERS: 'pkc-1.westeurope.azure.confluent.cloud:9092',
        KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_USERNAME: 'key',
        KAFKA_PASSWORD: 'secret',
      }
      const filled = (values: Record<string, string>) =>
        Object.fromEntries(
          Object.entries(values)
            .map(([name, value]) => [
              name,
              value.replace(/^\$\{(\w+)\}$/, (_, variable: string) => azd[variable] ?? ''),
            ])
            .filter(([, value]) => value !== ''),
        ) as Record<string, string>
      const own = source === 'kafka' ? { ...filled(settings.value), ...filled(secrets.value) } : {}
      const byKey = source === 'eventhubs-kafka' ? { KAFKA_PASSWORD: 'secret' } : {}
      const trigger = { EVENTHUBS__fullyQualifiedNamespace: host }
      const read = readSettings({
        WEBSITE_INSTANCE_ID: 'x',
        AzureWebJobsStorage__accountName: 'sthostx',
        ...declared,
        LAKE_URL: 'https://stlakex.dfs.core.windows.net/lake',
        AZURE_CLIENT_ID: '00000000-0000-0000-0000-000000000000',
        INSTANCE_MEMORY_MB: '2048',
        TEMP_LIMIT: '600MB',
        ...sourceSettings(source, host),
        ...own,
        ...byKey,
        ...(source === 'eventhubs' && trigger),
      })
      expect(read.source).toBe(source === 'eventhubs' ? 'eventhubs' : 'kafka')
      expect(read.kafkaSecurityProtocol).toBe(source === 'eventhubs' ? 'plaintext' : 'sasl_ssl')
    },
  )

  test('that main.bicep sets itself have known names and values the app takes', () => {
    const main = read('infra/main.bicep')
    const set = [...main.matchAll(/\b(?!MALLOC_)([A-Z]+(?:_[A-Z0-9]+)+):/g)].map(([, name = '']) => name)
    expect(set.length).toBeGreaterThan(8)
    expect([...new Set(set)].filter(name => declared[name] === undefined)).toEqual([])
    for (const size of ['512', '2048', '4096']) {
      const small = size === '512' ? entriesOf(variable('infra/main.bicep', 'smallestInstance')) : {}
      readSettings({ INSTANCE_MEMORY_MB: size, TEMP_LIMIT: '600MB', ...small })
    }
  })

  test('that give memory back on the smallest instance are those that the local host is measured with', () => {
    for (const name of ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_'])
      vi.stubEnv(name, undefined)
    const { nodeArgs, env } = memoryOfInstance(512)
    expect(entriesOf(variable('infra/main.bicep', 'smallestInstance'))).toEqual({
      MODEL_MEMORY_LIMIT: '96MB',
      ...env,
      languageWorkers__node__arguments: nodeArgs.join(' '),
    })
    expect(read('infra/main.bicep')).toContain('instanceMemoryMB == 512 ? smallestInstance : {}')
    vi.unstubAllEnvs()
  })
})

/** What a source that main.bicep knows sets by itself. */
function sourceSettings(source: string, host: string): Record<string, string> {
  const text = variable('infra/main.bicep', 'sourceSettings').replaceAll(': namespaceHost', `: '${host}'`)
  const [, body = ''] = new RegExp(`^  '?${source}'?: \\{\\n([\\s\\S]*?)\\n  \\}`, 'm').exec(text) ?? []
  return Object.fromEntries(Object.entries(entriesOf(body)).map(([k, v]) => [k, v.replace('${namespaceHost}', host)]))
}

/** The sources that a parameter file allows: the one it names, or all of them. */
function sourcesOf(file: string): readonly string[] {
  const source = parametersOf(file).source.value
  return source.startsWith('${') ? ['kafka', 'eventhubs', 'eventhubs-kafka'] : [source]
}

describe('parameter files', () => {
  const declaredIn = (file: string) =>
    new Map([...read(file).matchAll(/^param (\w+) \w+( = .*)?$/gm)].map(([, name = '', value]) => [name, value]))

  test.each(parameterFiles)('%s has what main.bicep needs, and nothing it does not know', file => {
    const params = declaredIn('infra/main.bicep')
    const given = Object.keys(parametersOf(file))
    expect(given.filter(name => !params.has(name))).toEqual([])
    expect([...params].filter(([name, value]) => value === undefined && !given.includes(name))).toEqual([])
  })

  test.each(parameterFiles)('%s takes of the lake what its deployment gives', file => {
    const outputs = [...read('infra/lake/main.bicep').matchAll(/^output (\w+) /gm)].map(([, name = '']) => name)
    const used = [...read(file).matchAll(/\$\{((?:LAKE|IDENTITY)_\w+)\}/g)].map(([, name = '']) => name)
    const external = settingNames.filter(name => name.startsWith('LAKE_') && isSecret(name)) as string[]
    expect(used.filter(name => !outputs.includes(name) && !external.includes(name))).toEqual([])
    expect(used).toEqual(expect.arrayContaining(['LAKE_URL', 'IDENTITY_ID', 'IDENTITY_PRINCIPAL_ID']))
  })
})

describe('what is deployed', () => {
  test('owns nothing of the lake, or `azd down` would delete it', () => {
    const own = bicepFiles.filter(file => !file.startsWith('infra/lake/'))
    const modules = own.flatMap(file => [...codeOf(file).matchAll(/^module \w+ '([^']+)'/gm)].map(([, path]) => path))
    expect(modules.filter(path => /lake/.test(path ?? ''))).toEqual([])
    for (const file of own) expect(codeOf(file), file).not.toMatch(/-lake'|resourceGroup\(|scope: resourceGroup/)
    expect(codeOf('infra/main.bicep')).not.toMatch(/\bexisting\b/)
  })

  test('has no rule by age within a table', () => {
    const text = read('infra/lake/storage.bicep')
    const prefixes = [...text.matchAll(/prefixMatch: \[([^\]]*)\]/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/'([^']+)'/g)].map(([, prefix = '']) => prefix),
    )
    expect(text.match(/daysAfter\w+/g)).toHaveLength(prefixes.length)
    expect(prefixes).toEqual([`lake/${journalFolder}`])
    const tables = streams.map(stream => `lake/${bronzePath(stream)}/`)
    for (const prefix of prefixes)
      expect(tables.filter(table => table.startsWith(prefix) || prefix.startsWith(table))).toEqual([])
  })

  test('takes no key where an identity will do', () => {
    for (const file of bicepFiles) {
      const code = codeOf(file)
      for (const [kind, setting] of [
        ['Microsoft.Storage/storageAccounts@', 'allowSharedKeyAccess: false'],
        ['Microsoft.OperationalInsights/workspaces@', 'disableLocalAuth: true'],
        ["resource insights 'Microsoft.Insights/components@2020-02-02' = {", 'DisableLocalAuth: true'],
        ['Microsoft.EventHub/namespaces@', 'disableLocalAuth: !kafkaEndpoint'],
        ["Microsoft.KeyVault/vaults@2024-11-01' = {", 'enableRbacAuthorization: true'],
      ] as const)
        if (code.includes(kind)) expect(code, file).toContain(setting)
      if (code.includes('listKeys')) expect(code.match(/listKeys\(/g), file).toHaveLength(1)
    }
    expect(codeOf('infra/app/eventHubs.bicep')).toMatch(/^ {4}value: listen!\.listKeys\(\)/m)
  })

  test('gives no secret out', () => {
    for (const file of bicepFiles) {
      const code = codeOf(file)
      const outputs = [...code.matchAll(/^output .*$/gm)].map(([line]) => line)
      expect(
        outputs.filter(line => /secrets|listKeys|ConnectionString|password/i.test(line)),
        file,
      ).toEqual([])
      // Whatever is called secrets is marked, so that no log of a deployment has it.
      for (const [match] of code.matchAll(/(?:^@.*\n)*^param secrets .*$/gm)) expect(match, file).toContain('@secure()')
    }
  })

  test('gives roles on single resources, each with its reason', () => {
    const roles: string[] = []
    for (const file of bicepFiles) {
      const lines = read(file).split('\n')
      for (const [i, line] of lines.entries()) {
        if (!line.includes("'Microsoft.Authorization/roleAssignments@")) continue
        const body = lines.slice(i, i + 9).join('\n')
        expect(lines[i - 1], `${file}:${String(i + 1)}`).toMatch(/^\/\/ /)
        expect(body).toMatch(/^ {2}scope: (?!group|subscription)/m)
        roles.push(/roleDefinitionId: (\w+)/.exec(body)?.[1] ?? '')
      }
    }
    expect(roles.sort()).toEqual([
      'eventHubsDataReceiver',
      'keyVaultSecretsUser',
      'monitoringMetricsPublisher',
      'storageBlobDataContributor',
      'storageBlobDataOwner',
      'storageBlobDataReader',
    ])
  })

  test('has every module under one of the files that are deployed', () => {
    const named = ['infra/main.bicep', 'infra/lake/main.bicep'].flatMap(file =>
      [...read(file).matchAll(/^(?:module \w+|import \{.*\} from) '([^']+)'/gm)].map(([, path = '']) =>
        join(file, '..', path),
      ),
    )
    const deployed = ['infra/main.bicep', 'infra/lake/main.bicep', ...named]
    expect(bicepFiles.filter(file => !deployed.includes(file))).toEqual([])
  })
})

describe('before azd provisions', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lake-deploy-'))
    for (const name of ['az', 'azd']) {
      // Notes what it is asked, and answers as the deployment would.
      const program = join(folder, `${name}.cjs`)
      writeFileSync(
        program,
        `const { appendFileSync } = require('node:fs')
const args = process.argv.slice(2)
appendFileSync(${JSON.stringify(join(folder, 'calls'))}, JSON.stringify(['${name}', ...args]) + '\\n')
if (args[0] === 'deployment') console.log(JSON.stringify({ lakE_URL: { value: 'https://stlake.dfs.core.windows.net/lake' }, lakE_RESOURCE_GROUP: { value: 'rg-dev-lake' } }))
`,
      )
      // A first line that names an interpreter ends at its first blank.
      writeFileSync(join(folder, name), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`)
      chmodSync(join(folder, name), 0o755)
    }
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const deploy = (env: Record<string, string>) => {
    execFileSync(process.execPath, ['infra/lake/deploy.js'], {
      cwd: root,
      env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, ...env },
      stdio: 'pipe',
    })
    return readFileSync(join(folder, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as string[]).join(' '))
  }
  const azd = { AZURE_ENV_NAME: 'dev', AZURE_LOCATION: 'westeurope', AZURE_SUBSCRIPTION_ID: 'sub' }

  test('the lake is deployed by itself, locked, and its address known to azd', () => {
    const calls = deploy({ ...azd, BUDGET_START: '2026-01-01', LAKE_REDUNDANCY: 'Standard_LRS' })
    expect(calls).toHaveLength(3)
    expect(calls[0]).toMatch(/^az deployment sub create --name lake-dev --subscription sub --location westeurope /)
    expect(calls[0]).toContain('environmentName=dev location=westeurope budgetStart=2026-01-01 redundancy=Standard_LRS')
    expect(calls[1]).toMatch(/^az lock create .*CanNotDelete .*--resource-group rg-dev-lake/)
    // ARM changes the case of the names of outputs.
    expect(calls[2]).toBe(
      'azd env set LAKE_URL=https://stlake.dfs.core.windows.net/lake LAKE_RESOURCE_GROUP=rg-dev-lake BUDGET_START=2026-01-01',
    )
  })

  test('its parameters are those of the template', () => {
    const params = [...read('infra/lake/main.bicep').matchAll(/^param (\w+)/gm)].map(([, name = '']) => name)
    const script = read('infra/lake/deploy.js')
    const [, optional = ''] = /const optional = \{([\s\S]*?)\n\}/.exec(script) ?? []
    const given = [...optional.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => name)
    expect([...given, 'environmentName', 'location', 'budgetStart'].sort()).toEqual(params.sort())
  })

  test('a name that a shell would read as more is refused', () => {
    expect(() => deploy({ ...azd, AZURE_ENV_NAME: 'dev; rm' })).toThrow(/AZURE_ENV_NAME is "dev; rm"/)
    expect(() => deploy({ AZURE_ENV_NAME: 'dev' })).toThrow(/AZURE_LOCATION is not set/)
  })
})
