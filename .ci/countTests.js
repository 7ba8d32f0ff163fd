// usage: node countTests.js REPORT EXIT_CODE: prints `passed failed` of one vitest run.
// A file that could not be loaded has no tests, and a run can fail outside of any test: each counts as a failure. So
// does a report that is missing, cut off or of another shape: it shows nothing, whatever the exit code was.
import { readFileSync } from 'node:fs'

const [report, exitCode] = process.argv.slice(2)

function countReport(text) {
  let passed = 0
  let failed = 0
  for (const file of JSON.parse(text).testResults) {
    const count = status => file.assertionResults.filter(test => test.status === status).length
    passed += count('passed')
    failed += count('failed')
    if (file.status === 'failed' && count('failed') === 0) failed++
  }
  return { passed, failed }
}

let counts = { passed: 0, failed: 0 }
try {
  counts = countReport(readFileSync(report, 'utf8'))
} catch (error) {
  process.stderr.write(`${report} is no whole report of a test run: ${error.message}\n`)
  counts.failed++
}
if (exitCode !== '0' && counts.failed === 0) counts.failed++
// A run without a single test has shown nothing.
if (counts.passed + counts.failed === 0) counts.failed++
process.stdout.write(`${counts.passed} ${counts.failed}\n`)
