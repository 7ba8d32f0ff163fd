import { describe, expect, test } from 'vitest'

import { parseOptions } from '../../infra/local/options.js'

describe('parseOptions', () => {
  test('the defaults are what the documentation says', () => {
    expect(parseOptions([])).toEqual({
      command: 'start',
      rate: 200,
      duplicates: 1,
      late: 2,
      broken: 1,
      tombstones: 0.1,
      seed: undefined,
      kafkaPort: 9092,
      blobPort: 10_000,
      functionsPort: 7071,
      functionKey: undefined,
      progress: 5,
    })
  })

  test('a rate of nothing is allowed', () => {
    expect(parseOptions(['start', '--rate', '0', '--seed=7'])).toMatchObject({ command: 'start', rate: 0, seed: 7 })
  })

  test('help wins', () => {
    expect(parseOptions(['stack', '--help'])).toBe('help')
  })

  test.each([
    [['stop'], /"stop" is not a command/],
    [['--rate', 'fast'], /--rate fast is not a number/],
    [['--late', '101'], /--late 101/],
    [['--rate', ''], /--rate/],
    [['--speed', '1'], /Unknown option '--speed'\. See: npm start -- --help$/],
    [['--rate', '-5'], /^--rate -5 is not a number from 0 to 1,000,000\.$/],
    [['--seed', '-.5'], /^--seed -\.5 is not a number/],
    [['--rate'], /--rate/],
  ])('%j is refused by name', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message)
  })
})
