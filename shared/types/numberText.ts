/**
 * Floating-point numbers as the text that Java 17, and so nearly every Spark, writes: numbers in logs are to be those of
 * other engines, digit for digit. Later Javas write fewer digits of some numbers.
 */

/** A text that reads back as the same double: `1984.0`, `4.661261177E7`, `0.001`, `-0.0`, `NaN`, `-Infinity`. */
export function formatDouble(value: number): string {
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  return formatted(value, (bits >> 52n) & 0x7ffn, bits & ((1n << 52n) - 1n), { width: 53, bias: 1023 })
}

/** A text that reads back as the same 32-bit float. */
export function formatFloat(value: number): string {
  view.setFloat32(0, value)
  const bits = BigInt(view.getUint32(0))
  return formatted(Math.fround(value), (bits >> 23n) & 0xffn, bits & ((1n << 23n) - 1n), { width: 24, bias: 127 })
}

/** The double nearest to a decimal text (`1984`, `-0.5`, `1e3`); undefined for anything else, blanks included. */
export function parseDouble(text: string): number | undefined {
  if (text.length === 0) return undefined
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const allowed = (c >= 48 && c <= 57) || c === 46 || c === 45 || c === 43 || c === 101 || c === 69
    if (!allowed) return undefined
  }
  // With these characters alone, Number() takes decimal notation and nothing else.
  const value = Number(text)
  return Number.isNaN(value) ? undefined : value
}

/** The same of a text as any engine writes it: also `NaN` and `Infinity`, in any case, blanks around it ignored. */
export function parseSparkDouble(text: string): number | undefined {
  const trimmed = text.trim()
  const value = parseDouble(trimmed)
  if (value !== undefined) return value
  if (/^nan$/i.test(trimmed)) return Number.NaN
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(trimmed) ?? []
  return sign === undefined ? undefined : sign === '-' ? -Infinity : Infinity
}

const view = new DataView(new ArrayBuffer(8))

/** Bits of a fraction, the leading one included, and what an exponent is greater by in memory. */
interface Format {
  readonly width: number
  readonly bias: number
}

/** `0.d₁d₂d₃… × 10^point` */
interface Decimal {
  readonly digits: string
  readonly point: number
}

function formatted(value: number, exponentBits: bigint, fractionBits: bigint, { width, bias }: Format): string {
  if (!Number.isFinite(value)) return String(value)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (value === 0) return `${sign}0.0`
  const subnormal = exponentBits === 0n
  const fraction = subnormal ? fractionBits : fractionBits | (1n << BigInt(width - 1))
  const significant = subnormal ? bitLength(fraction) : width
  // value = fraction × 2^(exponent − significant + 1), 2^exponent ≤ |value| < 2^(exponent + 1)
  const exponent = (subnormal ? 1 : Number(exponentBits)) - bias - (width - significant)
  const odd = oddPart(fraction)
  const fractional = Math.max(0, odd.bits - exponent - 1)
  const decimal =
    exponent <= 62 && exponent >= -21 && fractional === 0
      ? integerDigits(odd.value << BigInt(exponent + 1 - odd.bits), exponent, significant)
      : fractionDigits(odd, { exponent, fractional, significant })
  return sign + layOut(decimal)
}

/** A whole number; digits below its precision are rounded away. */
function integerDigits(value: bigint, exponent: number, significant: number): Decimal {
  const spare = exponent - significant - 1
  const dropped = exponent > significant && spare > 1 ? String(1n << BigInt(spare)).length - 1 : 0
  const unit = 10n ** BigInt(dropped)
  const kept = value / unit + (dropped > 0 && value % unit >= unit / 2n ? 1n : 0n)
  const text = String(kept)
  return { digits: text.replace(/0+$/, ''), point: text.length + dropped }
}

interface Odd {
  readonly value: bigint
  readonly bits: number
}

/**
 * Digit after digit of `b / s`, until what is left is within half of the distance to the next number. Java does this with
 * 32, 64 or as many bits as it takes, and with as many as it takes it stops a little sooner; it never stops after one
 * digit when an exponent follows.
 */
function fractionDigits(
  odd: Odd,
  {
    exponent,
    fractional,
    significant,
  }: { readonly exponent: number; readonly fractional: number; readonly significant: number },
): Decimal {
  let scale = estimatedScale(odd, exponent)
  const fives = Math.max(0, -scale)
  let twos = fives + fractional + exponent
  let half = twos - significant
  let below = Math.max(0, scale) + fractional
  const sFives = Math.max(0, scale)
  twos -= odd.bits - 1
  const common = Math.min(twos, below)
  twos -= common
  below -= common
  half -= common
  if (odd.bits === 1) half--
  if (half < 0) {
    twos -= half
    below -= half
    half = 0
  }
  const needed = Math.max(odd.bits + twos + fiveBits(fives), below + 1 + fiveBits(sFives + 1))
  const bits = needed < 32 ? 32 : needed < 64 ? 64 : undefined
  const wrap = (n: bigint) => (bits === undefined ? n : BigInt.asIntN(bits, n))
  const s = (5n ** BigInt(sFives)) << BigInt(below)
  const tens = s * 10n
  let b = (odd.value * 5n ** BigInt(fives)) << BigInt(twos)
  let m = (5n ** BigInt(fives)) << BigInt(half)
  const digits: number[] = []
  const step = (): { readonly digit: number; readonly low: boolean; readonly high: boolean } => {
    const digit = Number(b / s)
    b = 10n * (b % s)
    m *= 10n
    // A distance that no longer fits is greater than anything that does.
    const beyond = bits !== undefined && wrap(m) <= 0n
    return { digit, low: beyond || b < m, high: beyond || (bits === undefined ? b + m >= tens : wrap(b + m) > tens) }
  }
  let at = step()
  if (at.digit === 0 && !at.high) scale--
  else digits.push(at.digit)
  if (scale < -3 || scale >= 8) at = { ...at, low: false, high: false }
  while (!at.low && !at.high) {
    at = step()
    digits.push(at.digit)
  }
  const rest = 2n * b - tens
  const last = digits.at(-1) ?? 0
  const up = at.high && (!at.low || rest > 0n || (rest === 0n && last % 2 === 1))
  return up ? roundedUp(digits, scale + 1) : { digits: digits.join(''), point: scale + 1 }
}

function roundedUp(digits: number[], point: number): Decimal {
  let i = digits.length - 1
  while (i > 0 && digits[i] === 9) digits[i--] = 0
  if (digits[i] === 9) {
    digits[0] = 1
    return { digits: digits.join(''), point: point + 1 }
  }
  digits[i] = (digits[i] ?? 0) + 1
  return { digits: digits.join(''), point }
}

/** About the power of ten of the first digit; it may be one too many. */
function estimatedScale({ value, bits }: Odd, exponent: number): number {
  const mantissa = Number(value) / 2 ** (bits - 1)
  return Math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)
}

function oddPart(fraction: bigint): Odd {
  let value = fraction
  while ((value & 1n) === 0n) value >>= 1n
  return { value, bits: bitLength(value) }
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}

/** Bits of 5^n, or more than it has. */
function fiveBits(n: number): number {
  return n === 0 ? 0 : n < 27 ? bitLength(5n ** BigInt(n)) : n * 3
}

/** Plain from 10^-3 up to 10^7, else with an exponent; always with a fraction. */
function layOut({ digits, point }: Decimal): string {
  if (point > 0 && point < 8) return `${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`
  if (point <= 0 && point > -3) return `0.${'0'.repeat(-point)}${digits}`
  return `${digits.slice(0, 1)}.${digits.slice(1) || '0'}E${point - 1}`
}

/** A length of time as people say it, rounded: seconds, minutes, hours or days. Less than none is none. */
export function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.round(seconds))} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}
