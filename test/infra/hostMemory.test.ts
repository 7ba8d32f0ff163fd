import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

import { memoryOfInstance } from '../../infra/local/hostMemory.js'

test.each([512, 2_048])('a host has the heap of an instance of %i MB, whatever this machine has', megabytes => {
  const { nodeArgs, env } = memoryOfInstance(megabytes)
  const script = 'console.log(require("v8").getHeapStatistics().heap_size_limit / 2 ** 20)'
  const limit = Number(execFileSync(process.execPath, [...nodeArgs, '-e', script], { encoding: 'utf8' }))
  // Young objects come on top.
  expect(limit).toBeGreaterThanOrEqual(megabytes / 2)
  expect(limit).toBeLessThan(megabytes * 0.75)
  expect(env['MALLOC_ARENA_MAX']).toBeDefined()
})
