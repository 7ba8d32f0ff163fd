/** Exact decimals ⇄ text. In memory a decimal is its unscaled bigint. */

/** Plain digits with all of the scale's: `1230n` at scale 2 is `12.30`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** As Java has it, and so statistics do: `1E-9` and `0E-18` where more than five zeros would follow the point. */
export function formatShortDecimal(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
  const exponent = digits.length - 1 - scale
  if (exponent >= -6) return formatDecimal(unscaled, scale)
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, 1)}${fraction}E${exponent}`
}

const decimalForm = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** More digits than any decimal type has: a hostile exponent must not make a number of a billion digits. */
const maxDigits = 64

/**
 * The unscaled value of a decimal text at `scale` (`12.3` or `1.23E+1` at scale 2 is `1230n`), exactly; undefined when
 * the text is not a decimal number, blanks included, or has digits other than zero below the scale.
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = decimalForm.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole.length + fraction.length === 0) return undefined
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return 0n
  const shift = Number(exponent) - fraction.length + scale
  if (digits.length + shift > maxDigits) return undefined
  if (shift < 0 && /[1-9]/.test(digits.slice(shift))) return undefined
  const unscaled = BigInt(shift < 0 ? digits.slice(0, shift) : digits + '0'.repeat(shift))
  return sign === '-' ? -unscaled : unscaled
}

/** The same of a text as Spark casts it, blanks around it ignored. */
export function parseSparkDecimal(text: string, scale: number): bigint | undefined {
  return parseDecimal(text.trim(), scale)
}
