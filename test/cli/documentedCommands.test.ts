import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { lake } from './testShell.js'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/engine.md'), 'utf8')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lake-readme-'))
  writeFileSync(
    join(folder, 'rows.jsonl'),
    '{"id":7,"day":"2025-04-01","amount":"12.50","tags":{"a":"b"}}\n{"id":8,"day":null,"amount":1}\n',
  )
  writeFileSync(join(folder, 'new.jsonl'), '{"id":8,"amount":3.25}\n{"id":9,"amount":0}\n')
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** The words of each command in the page on tables of others, as a shell has them. */
function commands(): string[][] {
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? []
  return block
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter(line => line.startsWith('npx lake '))
    .map(line =>
      [...line.replace(/\s+# .*$/, '').matchAll(/"([^"]*)"|(\S+)/g)]
        .map(([, quoted, plain]) => quoted ?? plain ?? '')
        .slice(2),
    )
}

test("the engine page's commands do what it says, one behind the other", async () => {
  const all = commands()
  expect(all.map(([name]) => name)).toEqual(['create', 'append', 'update', 'merge', 'alter', 'changes', 'restore'])
  for (const words of all) {
    const here = words.map(word => (/^\.\/|\.jsonl$/.test(word) ? join(folder, word) : word))
    expect(await lake(here)).toMatchObject({ code: 0, messages: '' })
  }
  const { output } = await lake(['read', join(folder, 'sales')])
  expect(output.trimEnd().split('\n').sort()).toEqual([
    '{"id":7,"day":"2025-04-01","amount":"25.00","tags":[{"key":"a","value":"b"}],"note":null}',
    '{"id":8,"day":null,"amount":"3.25","tags":null,"note":null}',
    '{"id":9,"day":null,"amount":"0.00","tags":null,"note":null}',
  ])
})
