import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { describe, expect, test } from 'vitest'

import { isGone, processName } from '../../shared/telemetry/processName.js'

describe('the name of a process', () => {
  test('is there while it runs, gone after, and no other process has it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    const name = processName(child.pid ?? 0)
    expect(name).toMatch(/^[0-9a-f]{8}-\d+-[0-9a-f]{8}$/)
    expect(name).not.toBe(processName(process.pid))
    expect(isGone(name)).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isGone(name)).toBe(true)
    expect(processName(child.pid ?? 0)).toBe('')
  })

  test('an earlier process of the same number is gone', () => {
    const own = processName(process.pid)
    expect(isGone(own)).toBe(false)
    expect(isGone(own.replace(/.{8}$/, '01234567'))).toBe(true)
  })

  test('nothing is known of another machine, nor by another name', () => {
    const elsewhere = processName(process.pid).replace(/^.{8}/, '01234567')
    for (const name of [elsewhere, elsewhere.replace(/.{8}$/, '01234567'), '', 'function-host', '999999999'])
      expect(isGone(name)).toBe(false)
  })
})
