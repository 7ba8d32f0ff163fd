// usage: node countTests.js REPORT EXIT_CODE: prints `passed failed` of one vitest run.
// A file that could not be loaded has no tests, and a run can fail outside of any test: each counts as a failure.
import { existsSync, readFileSync } from 'node:fs'

const [report, exitCode] = process.argv.slice(2)
let passed = 0
let failed = 0
if (existsSync(report)) {
  for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const count = status => file.assertionResults.filter(test => test.status === status).length
    passed += count('passed')
    failed += count('failed')
    if (file.status === 'failed' && count('failed') === 0) failed++
  }
}
if (exitCode !== '0' && failed === 0) failed++
// A run without a single test has shown nothing.
if (passed + failed === 0) failed++
process.stdout.write(`${passed} ${failed}\n`)
