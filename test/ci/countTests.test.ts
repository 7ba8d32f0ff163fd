import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const script = resolve(import.meta.dirname, '../../.ci/countTests.js')

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'count-tests-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** What is counted for a report with this text, or for none. */
function count(report: string | undefined, exitCode: number): string {
  const path = join(folder, 'report.json')
  rmSync(path, { force: true })
  if (report !== undefined) writeFileSync(path, report)
  return execFileSync(process.execPath, [script, path, String(exitCode)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map(each => ({ status: each })),
})
const report = (...files: object[]) => JSON.stringify({ testResults: files })

describe('the count of a test run', () => {
  test('is what the report says', () => {
    expect(count(report(file('passed', 'passed', 'passed', 'pending'), file('failed', 'passed', 'failed')), 1)).toBe(
      '3 1',
    )
  })

  test('a torn report is a failure, also where the run ended well', () => {
    const whole = report(file('passed', 'passed', 'passed'))
    for (const end of [0, 1, whole.length / 2, whole.length - 1]) expect(count(whole.slice(0, end), 0)).toBe('0 1')
  })

  test('a missing report, and one of another shape, are failures', () => {
    expect([count(undefined, 0), count('{}', 0), count('null', 0), count('{"testResults":[{}]}', 0)]).toEqual([
      '0 1',
      '0 1',
      '0 1',
      '0 1',
    ])
  })

  test('a run without tests has shown nothing', () => {
    expect([count(report(), 0), count(report(file('passed')), 0)]).toEqual(['0 1', '0 1'])
  })

  test('a file that could not be loaded, and a run that failed outside of its tests, are failures', () => {
    expect([
      count(report(file('failed'), file('passed', 'passed')), 1),
      count(report(file('passed', 'passed')), 1),
    ]).toEqual(['1 1', '1 1'])
  })
})
