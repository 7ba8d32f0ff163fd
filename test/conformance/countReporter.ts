import type { Reporter, TestCase } from 'vitest/node'

/** Says how many tests passed, failed and were skipped, alone on the very last line. */
export default class CountReporter implements Reporter {
  readonly #counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }

  onTestCaseResult(test: TestCase): void {
    this.#counts[test.result().state]++
  }

  /** After every other reporter has had its say. */
  onTestRunEnd(): void {
    process.once('exit', () => {
      const { passed, failed, skipped } = this.#counts
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
    })
  }
}
