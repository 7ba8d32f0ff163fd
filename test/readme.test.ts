import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { expect, test } from 'vitest'

import { featureTable } from '../shared/delta/index.js'
import { settingsTable } from '../shared/settings/index.js'

const root = resolve(import.meta.dirname, '..')
const path = join(root, 'README.md')

test.each([
  ['settings', settingsTable],
  ['features', featureTable],
])("README's table of %s is the code's (UPDATE_README=1 writes it)", (name, table) => {
  const readme = readFileSync(path, 'utf8')
  const section = new RegExp(`(<!-- ${name} -->\\n)([\\s\\S]*?)(<!-- /${name} -->)`)
  expect(readme).toMatch(section)
  const wanted = readme.replace(section, (_, start: string, __, end: string) => `${start}${table()}${end}`)
  if (process.env['UPDATE_README'] === '1') writeFileSync(path, wanted)
  else expect(readme).toBe(wanted)
})

test('README names every dependency, with a reason', () => {
  const readme = readFileSync(path, 'utf8')
  const table = readme.slice(readme.indexOf('## Dependencies'), readme.indexOf('## Where things are'))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  expect(Object.keys(manifest.dependencies).filter(name => !table.includes(`\`${name}\``))).toEqual([])
})

test('dependencies are pinned to exact versions', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, v]) => !/^\d+\.\d+\.\d+(-r\.\d+)?$/.test(v),
  )
  expect(loose).toEqual([])
})
