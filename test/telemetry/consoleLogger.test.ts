import { expect, test } from 'vitest'

import { ManualClock } from '../../shared/clock.js'
import { consoleLogger, type ConsoleLoggerOptions } from '../../shared/telemetry/consoleLogger.js'

function heard(options: ConsoleLoggerOptions) {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  return { lines, log: consoleLogger({ clock: new ManualClock(Date.UTC(2025, 3, 1, 17, 37, 57)), write, ...options }) }
}

test('says nothing below its level', () => {
  const { lines, log } = heard({ level: 'warn' })
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.error('d')
  expect(lines.map(line => line.trim().split(/\s+/).slice(1))).toEqual([
    ['warn', 'c'],
    ['error', 'd'],
  ])
})

test('json is one object a line, with all digits of a bigint, and data cannot pose as the message', () => {
  const { lines, log } = heard({ format: 'json' })
  log.info('two\nlines', { offset: 9007199254740993n, message: 'other', gone: undefined })
  expect(lines).toHaveLength(1)
  expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    time: '2025-04-01T17:37:57.000Z',
    level: 'info',
    message: 'two\nlines',
    offset: '9007199254740993',
  })
})

test('text stays on one line and quotes what has spaces', () => {
  const { lines, log } = heard({})
  log.info('two\nlines', { table: 'bronze.events', reason: 'not "ok"', rows: 3, gone: undefined })
  expect(lines).toEqual(['17:37:57.000 info  two\\nlines table=bronze.events reason="not \\"ok\\"" rows=3\n'])
})
