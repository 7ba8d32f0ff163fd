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

/** The unscaled value at `scale`, from `12.3`, `1.23E+1` and the like; undefined when that would lose a digit. */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text) ?? []
  if (sign === undefined || whole + fraction === '') return undefined
  const digits = BigInt(whole + fraction)
  const shift = Number(exponent) - fraction.length + scale
  if (digits === 0n) return 0n
  // Beyond any decimal there is; also keeps a hostile exponent from making a number of a billion digits.
  if (Math.abs(shift) > 400) return undefined
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  if (shift < 0 && value * 10n ** BigInt(-shift) !== digits) return undefined
  return sign === '-' ? -value : value
}
