import { defineConfig } from 'vitest/config'

const shared = { environment: 'node' as const, passWithNoTests: true }

export default defineConfig({
  test: {
    // `npm test` runs unit and integration; the others have commands of their own.
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/interop/**', 'test/conformance/**', 'test/chaos/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'interop',
          include: ['test/interop/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
    maxWorkers: 2,
    reporters: ['default'],
  },
})
