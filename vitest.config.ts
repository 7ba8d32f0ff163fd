import { defineConfig } from 'vitest/config'

// Each run draws data of its own, and says how to have it again; .ci/run fixes the seed.
process.env['TEST_SEED'] ??= String(Math.floor(Math.random() * 2 ** 31))
process.stderr.write(`TEST_SEED=${process.env['TEST_SEED']}\n`)

/** What mostly waits: for a server, for a stack and its timers. `.ci/run` runs it beside the engines. */
const servers = 'test/interop/{formats,mlflow*,tour}.test.ts'

/**
 * `npm test` runs unit and integration, one behind the other; the rest have commands of their own. Integration and
 * interop prepare what they start (a broker's jars, other engines) once, before any test file.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{integration,interop,conformance,chaos}/**'],
          // For what hangs: a loaded machine is many times slower than an idle one.
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/{integration,chaos}/**/*.test.ts'],
          globalSetup: ['test/harness/brokerSetup.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          exclude: [servers],
          globalSetup: ['test/harness/otherReadersSetup.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'servers',
          include: [servers],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
