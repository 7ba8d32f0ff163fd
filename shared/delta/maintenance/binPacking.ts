/** Which files are rewritten: small ones together, and those with many deleted rows. */

/** What packing needs to know of a file. */
export interface Packable {
  /** Bytes. */
  readonly size: number
  /** So many of its rows are deleted that it is worth a rewrite by itself. */
  readonly purge?: boolean | undefined
}

/** The sizes by which {@link packBins} combines files. */
export interface BinLimits {
  /** The most bytes that a bin's files may have together. */
  readonly target: number
  /** Bytes: a file of this size or more is left alone. */
  readonly threshold: number
  /** A bin of fewer files is not worth a rewrite, unless it is full (it reaches the threshold). At least 2. */
  readonly minFiles: number
}

/**
 * Bins of neighbours in the order given, none larger than the target, and none of a single file unless too many of its
 * rows are deleted. Neighbours in time share a bin, so that the bounds of the new file stay narrow.
 *
 * Packing is idempotent as long as the new files are as large as those they were built from; where they come out
 * smaller, they are small files like others.
 */
export function packBins<T extends Packable>(files: readonly T[], { target, threshold, minFiles }: BinLimits): T[][] {
  const bins: T[][] = []
  let bin: T[] = []
  let bytes = 0
  const close = () => {
    if (
      bin.length >= Math.max(2, minFiles) ||
      (bin.length >= 2 && bytes >= threshold) ||
      bin.some(({ purge }) => purge === true)
    )
      bins.push(bin)
    bin = []
    bytes = 0
  }
  for (const file of files) {
    if (file.size >= threshold) {
      if (file.purge === true) bins.push([file])
      continue
    }
    if (bytes + file.size > target) close()
    bin.push(file)
    bytes += file.size
  }
  close()
  return bins
}
