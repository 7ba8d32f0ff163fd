/** Numbers as decimal text. */

const decimalForm = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** The double nearest to a decimal text (`1984`, `-0.5`, `1e3`), or NaN when it is anything else, blanks included. */
export function parseDouble(text: string): number {
  if (text.length === 0) return NaN
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const allowed = (c >= 48 && c <= 57) || c === 46 || c === 45 || c === 43 || c === 101 || c === 69
    if (!allowed) return NaN
  }
  // With these characters alone, Number() takes decimal notation and nothing else.
  return Number(text)
}

/**
 * The unscaled value of a decimal text at `scale` (`12.3` at scale 2 is `1230n`), exactly, or null when the text is not
 * a decimal number or has digits other than zero below the scale.
 */
export function parseDecimal(text: string, scale: number): bigint | null {
  const match = decimalForm.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole.length + fraction.length === 0) return null
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return 0n
  const shift = Number(exponent) - fraction.length + scale
  if (digits.length + shift > 64) return null
  let unscaled: bigint
  if (shift >= 0) unscaled = BigInt(digits + '0'.repeat(shift))
  else {
    const kept = digits.slice(0, shift)
    if (/[1-9]/.test(digits.slice(shift))) return null
    unscaled = BigInt(kept === '' ? '0' : kept)
  }
  return sign === '-' ? -unscaled : unscaled
}

/** True when a JSON text may hold a number that a double cannot: sixteen digits or more, or a long exponent. */
export function mayLoseDigits(json: string): boolean {
  return /[\d.]{16}|\d[eE][+-]?\d{3}/.test(json)
}
