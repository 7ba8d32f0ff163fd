/**
 * The value that a chi-square variable exceeds with that probability.
 * @param freedom degrees of freedom, at least 1
 */
export function chiSquareQuantile(exceeded: number, freedom: number): number {
  let [low, high] = [0, Math.max(10, 2 * freedom)]
  while (chiSquareTail(high, freedom) > exceeded) high *= 2
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (chiSquareTail(middle, freedom) > exceeded) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** How probable a chi-square variable is to exceed the value. */
export function chiSquareTail(value: number, freedom: number): number {
  if (value <= 0) return 1
  return upperGamma(freedom / 2, value / 2)
}

/** The regularised upper incomplete gamma function, by series for small x and by Lentz's continued fraction for others. */
function upperGamma(a: number, x: number): number {
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < 1_000 && term > sum * 1e-16; n++) {
      term *= x / (a + n)
      sum += term
    }
    return 1 - sum * scale
  }
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 1_000; n++) {
    const an = -n * (n - a)
    b += 2
    d = 1 / (an * d + b)
    c = b + an / c
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return fraction * scale
}

/** Of halves and whole numbers, which is what degrees of freedom make: by Γ(a + 1) = a·Γ(a). */
function logGamma(a: number): number {
  let [at, sum] = Number.isInteger(a) ? [1, 0] : [0.5, Math.log(Math.PI) / 2]
  for (; at < a; at++) sum += Math.log(at)
  return sum
}
