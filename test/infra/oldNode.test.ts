import { execFile } from 'node:child_process'
import { resolve } from 'node:path'

import { expect, test } from 'vitest'

const program = resolve(import.meta.dirname, '../../infra/local/buildIfChanged.js')

test('an older Node is named, with the one that is needed, before anything is loaded that it lacks', async () => {
  const script = `Object.defineProperty(process.versions, 'node', { value: '22.14.0' }); await import(${JSON.stringify(program)})`
  const outcome = await new Promise<{ code: unknown; said: string }>(done => {
    execFile(
      process.execPath,
      ['--input-type=module', '-e', script],
      { cwd: resolve(program, '../../..') },
      (error, _, said) => {
        done({ code: error?.code, said })
      },
    )
  })
  expect(outcome).toMatchObject({
    code: 1,
    said: expect.stringMatching(/^error: This needs Node 22\.15 or newer, and this is v.*\n$/) as string,
  })
})
