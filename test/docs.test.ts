import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { expect, test } from 'vitest'

import { alertsBicep, declaredBicep, runbookIndex, secretParameters, workbookTemplate } from '../infra/bicep/index.js'
import { featureTable } from '../shared/delta/index.js'
import { defaultText, settingNames, settingsTable } from '../shared/settings/index.js'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const pages = [
  'README.md',
  'CHANGELOG.md',
  'infra/README.md',
  'infra/RUNBOOK.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]

test.each([
  ['settings', settingsTable],
  ['features', featureTable],
])("the table of docs/%s.md is the code's (npm run docs writes it)", async (name, table) => {
  const page = read(`docs/${name}.md`)
  const section = new RegExp(`(<!-- ${name} -->\\n)([\\s\\S]*?)(<!-- /${name} -->)`)
  expect(page).toMatch(section)
  const wanted = page.replace(section, (_, start: string, __, end: string) => `${start}${table()}${end}`)
  await expect(wanted).toMatchFileSnapshot(join(root, `docs/${name}.md`))
})

test("what the deployment knows of settings and streams is the code's (npm run docs writes it)", async () => {
  await expect(declaredBicep()).toMatchFileSnapshot(join(root, 'infra/app/declared.bicep'))
})

test("the rules and the workbook of the deployment are the code's alerts (npm run docs writes them)", async () => {
  await expect(alertsBicep()).toMatchFileSnapshot(join(root, 'infra/app/alerts.bicep'))
  await expect(workbookTemplate()).toMatchFileSnapshot(join(root, 'infra/app/workbook.json'))
})

test("the runbook has a section for every alert, with an index that is the code's (npm run docs writes it)", async () => {
  const page = read('infra/RUNBOOK.md')
  const section = /(<!-- alerts -->\n)([\s\S]*?)(<!-- \/alerts -->)/
  expect(page).toMatch(section)
  const wanted = page.replace(section, (_, start: string, __, end: string) => `${start}\n${runbookIndex()}\n${end}`)
  await expect(wanted).toMatchFileSnapshot(join(root, 'infra/RUNBOOK.md'))
  const names = [...runbookIndex().matchAll(/\(#([a-z-]+)\)/g)].map(([, name = '']) => name)
  const sections = page.split(/^## /m).slice(1)
  expect(sections.map(text => text.split('\n')[0])).toEqual(names)
  for (const text of sections)
    expect(text).toMatch(/What it means\.[\s\S]*Look\.[\s\S]*Mend\.[\s\S]*npx lake[\s\S]*Mended\./)
})

test('the deployment asks the environment for every secret (npm run docs writes it)', async () => {
  const page = read('infra/main.parameters.json')
  const block = JSON.stringify({ value: secretParameters() }, null, 2).replaceAll('\n', '\n    ')
  const wanted = page.replace(/"secrets": \{[\s\S]*?\n {4}\}/, () => `"secrets": ${block}`)
  expect(JSON.parse(wanted)).toHaveProperty('parameters.secrets.value', secretParameters())
  await expect(wanted).toMatchFileSnapshot(join(root, 'infra/main.parameters.json'))
})

test("the template of local settings is the code's (npm run docs writes it)", async () => {
  const host = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', FUNCTIONS_WORKER_RUNTIME: 'node' }
  const own = Object.fromEntries(settingNames.map(name => [name, defaultText(name)]))
  const template = `${JSON.stringify({ IsEncrypted: false, Values: { ...host, ...own } }, null, 2)}\n`
  await expect(template).toMatchFileSnapshot(join(root, 'local.settings.template.json'))
})

test('the decisions name every dependency, with a reason', () => {
  const page = read('docs/decisions.md')
  const table = page.slice(page.indexOf('## Dependencies'))
  const manifest = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>
  }
  expect(Object.keys(manifest.dependencies).filter(name => !table.includes(`\`${name}\``))).toEqual([])
})

test('README is short, and names every page', () => {
  const readme = read('README.md')
  expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(150)
  for (const page of pages.slice(1)) expect(readme).toContain(`](${page})`)
})

test("README's map has every folder of the code, and no other", () => {
  const [, map = ''] = /## Where things are[\s\S]*?```\n([\s\S]*?)```/.exec(read('README.md')) ?? []
  const parents: string[] = []
  const named = map.split('\n').flatMap(line => {
    const [, space = '', words = ''] = /^( *)((?:[A-Za-z][A-Za-z/]*\/ ?)+)/.exec(line) ?? []
    const depth = space.length / 2
    return words
      .split(' ')
      .filter(word => word !== '')
      .map(word => join(...parents.slice(0, depth), (parents[depth] = word.replace(/\/$/, ''))))
  })
  expect(named.filter(path => !existsSync(join(root, path)))).toEqual([])
  const folders = readdirSync(join(root, 'shared'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
  expect(folders.filter(path => !named.some(name => name === path || name.startsWith(`${path}/`)))).toEqual([])
})

test.each(pages)('the links of %s lead somewhere', page => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  for (const link of links.filter(to => !/^https?:/.test(to))) {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    expect(existsSync(join(root, target)), `${page}: ${link}`).toBe(true)
    if (anchor === undefined) continue
    const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(headings, `${page}: ${link}`).toContain(anchor)
  }
})

test('dependencies are pinned to exact versions', () => {
  const manifest = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, v]) => !/^\d+\.\d+\.\d+(-r\.\d+)?$/.test(v),
  )
  expect(loose).toEqual([])
})
