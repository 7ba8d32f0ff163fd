import { execFileSync } from 'node:child_process'

import { expect, test, vi } from 'vitest'

import { memoryOfInstance } from '../../infra/local/hostMemory.js'

test.each([512, 2_048])('a host has the heap of an instance of %i MB, whatever this machine has', megabytes => {
  const { nodeArgs, env } = memoryOfInstance(megabytes)
  const script = 'console.log(require("v8").getHeapStatistics().heap_size_limit / 2 ** 20)'
  const limit = Number(execFileSync(process.execPath, [...nodeArgs, '-e', script], { encoding: 'utf8' }))
  // Young objects come on top.
  expect(limit).toBeGreaterThanOrEqual(megabytes / 2)
  expect(limit).toBeLessThan(megabytes * 0.75)
  for (const name of ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_'])
    expect(env[name]).toBeDefined()
})

test('what the environment says of the allocator counts', () => {
  vi.stubEnv('MALLOC_TRIM_THRESHOLD_', '1')
  expect(memoryOfInstance(512).env).toMatchObject({ MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '1' })
  vi.unstubAllEnvs()
})
