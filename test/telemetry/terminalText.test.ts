import { describe, expect, test } from 'vitest'

import { terminalLine, terminalText } from '../../shared/telemetry/terminalText.js'

describe('text for a terminal', () => {
  test.each([
    ['\u001b[2Jgone', '\\x1b[2Jgone'],
    ['\u009b2J', '\\u009b2J'],
    ['user\u202etxt.exe', 'user\\u202etxt.exe'],
    ['\u2066a\u2069', '\\u2066a\\u2069'],
    ['a\rb', 'a\\x0db'],
    ['\u0007\u0000\u007f', '\\x07\\x00\\x7f'],
    ['line\u2028sep\ufeff\u200b', 'line\\u2028sep\\ufeff\\u200b'],
    ['\ud800x\udc00', '\\ud800x\\udc00'],
  ])('%j holds nothing that a terminal would obey', (text, shown) => {
    expect(terminalText(text)).toBe(shown)
  })

  test('of JSON is the same JSON', () => {
    const row = { a: 'x\u009b\u202e\u2028é中😀\n' }
    expect(JSON.parse(terminalText(JSON.stringify(row)))).toEqual(row)
  })

  test('keeps letters of every script, lines and tabs', () => {
    const text = 'é ß 中文 😀👨\u200d👩 العربية می\u200cخواهم\n\tnext'
    expect(terminalText(text)).toBe(text)
    expect(terminalLine('a\n\tb\r')).toBe('a\\n\\tb\\r')
  })
})
