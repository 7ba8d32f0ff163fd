import { DeltaError } from '../deltaError.js'

/** Lengths of time in table properties (`interval 30 days`) ⇄ milliseconds. */

const units = [
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
] as const
const microsecond = 'microsecond'

/**
 * Milliseconds of `interval 1 week`, `30 days 12 hours` and the like, whatever the case. Microseconds are rounded up.
 *
 * @throws DeltaError DELTA_BAD_PROPERTY for months and years, whose length is not fixed, and for anything else
 */
export function parseInterval(text: string, property = 'the interval'): number {
  const refuse = (why: string) =>
    new DeltaError('DELTA_BAD_PROPERTY', `${property}: ${JSON.stringify(text)} ${why}`, {
      data: { property, value: text },
    })
  const body = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, '')
  const terms = body.split(/\s+/)
  if (body === '' || terms.length % 2 !== 0) throw refuse('is no interval like "interval 30 days"')
  let ms = 0
  for (let i = 0; i < terms.length; i += 2) {
    const [amount = '', word = ''] = terms.slice(i, i + 2)
    const unit = word.replace(/s$/, '')
    if (unit === 'month' || unit === 'year') throw refuse('has months or years, whose length is not fixed: use days')
    const size = unit === microsecond ? 0.001 : units.find(([name]) => name === unit)?.[1]
    if (size === undefined || !/^[+-]?\d+(?:\.\d+)?$/.test(amount) || (amount.includes('.') && unit !== 'second'))
      throw refuse('is no interval like "interval 30 days"')
    ms += Number(amount) * size
  }
  const whole = Math.ceil(Number(ms.toFixed(3)))
  if (!Number.isSafeInteger(whole)) throw refuse('is too long')
  return whole
}

/** The text of a length of time in the largest unit that fits: `interval 30 days`. */
export function formatInterval(ms: number): string {
  const [name, size] = units.find(([unit, length]) => unit !== 'week' && ms % length === 0) ?? ['millisecond', 1]
  return `interval ${ms / size} ${name}s`
}
