import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  removeRunningStack,
  type RunningStack,
  runningStack,
  stackState,
  writeRunningStack,
} from '../../shared/cli/runningStack.js'
import { tinyDisk } from '../harness/tinyDisk.js'

const probe = tinyDisk(64)
probe?.remove()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stack-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const stack = (fields: Partial<RunningStack> = {}): RunningStack => ({
  pid: process.pid,
  command: 'start',
  startedAt: '2026-01-02T03:04:05.000Z',
  ready: true,
  kafkaBrokers: '127.0.0.1:9092',
  lakeUrl: 'http://127.0.0.1:10000/devstoreaccount1/lake',
  processes: { Kafka: 1 },
  ...fields,
})

describe('the running stack', () => {
  test('is found while its process lives', () => {
    writeRunningStack(folder, stack())
    expect(runningStack(folder)).toEqual(stack())
  })

  test('one whose process is gone is stale, and not used', () => {
    writeRunningStack(folder, stack({ pid: 2 ** 30 }))
    expect(stackState(folder).kind).toBe('stale')
    expect(runningStack(folder)).toBeUndefined()
  })

  test.runIf(process.platform === 'linux')('a later process with the same number is not taken for it', () => {
    writeRunningStack(folder, stack({ pid: 1 }))
    expect(stackState(folder).kind).toBe('stale')
  })

  test('one that is starting keeps a second from starting, but has no addresses yet', () => {
    writeRunningStack(folder, stack({ ready: false }))
    expect(stackState(folder).kind).toBe('running')
    expect(runningStack(folder)).toBeUndefined()
  })

  test.each([
    '',
    '{"pid":',
    'null',
    '[]',
    '{"pid":1}',
    JSON.stringify({ ...stack(), pid: -1 }),
    JSON.stringify({ ...stack(), processes: { Kafka: 0 } }),
  ])('a state of %j is none, and another takes its place', text => {
    mkdirSync(join(folder, '.lake', 'run'), { recursive: true })
    writeFileSync(join(folder, '.lake', 'run', 'stack.json'), text)
    expect(stackState(folder)).toEqual({ kind: 'none' })
    removeRunningStack(folder, process.pid)
    writeRunningStack(folder, stack())
    expect(runningStack(folder)).toEqual(stack())
  })

  test("ending does not forget another process's stack", () => {
    writeRunningStack(folder, stack())
    removeRunningStack(folder, process.pid + 1)
    expect(stackState(folder).kind).toBe('running')
    removeRunningStack(folder, process.pid)
    expect(stackState(folder)).toEqual({ kind: 'none' })
  })

  test.runIf(probe !== undefined)('one that a full disk has no room for is refused, and the one before stays', () => {
    const disk = tinyDisk(64)
    try {
      writeRunningStack(disk?.folder ?? '', stack())
      const large = stack({ processes: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`part ${i}`, 1])) })
      expect(() => {
        writeRunningStack(disk?.folder ?? '', large)
      }).toThrow('ENOSPC')
      expect(runningStack(disk?.folder ?? '')).toEqual(stack())
      expect(readdirSync(join(disk?.folder ?? '', '.lake', 'run'))).toEqual(['stack.json'])
    } finally {
      disk?.remove()
    }
  })
})
