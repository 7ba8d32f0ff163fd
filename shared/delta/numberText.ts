/** Floating-point numbers as the text that Java, and so every engine of the Delta world, writes. Pure; no I/O. */

/** The shortest text that reads back as the same double: `1984.0`, `4.661261177E7`, `-0.0`, `NaN`, `-Infinity`. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  return scientific(value.toExponential())
}

/** The shortest text that reads back as the same 32-bit float. */
export function formatFloat(value: number): string {
  const single = Math.fround(value)
  if (!Number.isFinite(single) || single === 0) return formatDouble(single)
  for (let digits = 0; digits < 8; digits++) {
    const text = single.toExponential(digits)
    if (Math.fround(Number(text)) === single) return scientific(text)
  }
  return scientific(single.toExponential(8))
}

/** A double from the text that any engine writes, `NaN` and `Infinity` included; undefined for anything else. */
export function parseDouble(text: string): number | undefined {
  const trimmed = text.trim()
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed)
  if (/^nan$/i.test(trimmed)) return Number.NaN
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(trimmed) ?? []
  return sign === undefined ? undefined : sign === '-' ? -Infinity : Infinity
}

/** From JavaScript's `d.ddde±x` to Java's form: plain from 10^-3 up to 10^7, always with a fraction. */
function scientific(exponential: string): string {
  const [, sign = '', first = '', more = '', power = '0'] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(exponential) ?? []
  const digits = (first + more).replace(/0+$/, '')
  const exponent = Number(power)
  if (exponent < -3 || exponent >= 7) return `${sign}${first}.${digits.slice(1) || '0'}E${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')}.${digits.slice(exponent + 1) || '0'}`
}
