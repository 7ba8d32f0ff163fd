/** A whole number, its thousands apart. */
export const grouped = (value: number) => value.toLocaleString('en-US')
/** Three digits or a little more. */
export const short = (value: number) => (value >= 100 ? grouped(Math.round(value)) : value.toFixed(1))

/** US dollars; what an instance is too small for has none. */
export function dollars(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return 'too small'
  return value >= 10 ? `$${grouped(Math.round(value))}` : `$${value.toFixed(value >= 1 ? 2 : 4)}`
}
