import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { StackProcess } from '../../infra/local/index.js'
import { isAlive } from '../harness/stackProcess.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'child-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function started(script: string): StackProcess {
  const file = join(folder, 'program.cjs')
  writeFileSync(file, script)
  return new StackProcess({ name: 'The program', script: file, logFile: join(folder, 'program.log') })
}

test('a process that did not get ready is gone when that is told, and with it its port', async () => {
  const child = started('setInterval(() => undefined, 1_000)')
  await expect(child.message('ready', 300)).rejects.toMatchObject({ code: 'PROCESS_FAILED' })
  expect(await Promise.race([child.exited, Promise.resolve('still there')])).toBe('SIGKILL')
})

test('a process is ready by what it prints itself, not by what an earlier one has printed', async () => {
  await started("console.log('listens')").exited
  const child = started("setTimeout(() => console.log('something else'), 100)")
  await expect(child.prints('listens', 10_000)).rejects.toThrow(/did not start \(code 0\): something else/)
  const next = started("setTimeout(() => console.log('listens'), 100); setInterval(() => undefined, 1_000)")
  await next.prints('listens', 10_000)
  expect(isAlive(next.pid)).toBe(true)
  await next.stop(1_000)
})
