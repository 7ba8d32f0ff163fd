const eulerGamma = 0.577_215_664_901_532_9

/**
 * How many splits an unsuccessful search in a binary tree of n rows takes on average, c(n) of the paper on isolation
 * forests: what a leaf with n rows stands for, and what path lengths are measured by.
 */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + eulerGamma) - (2 * (n - 1)) / n
}
