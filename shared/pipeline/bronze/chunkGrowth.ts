const firstRows = 1_000
const growth = 8

/**
 * Rows of a partition's jobs: a thousand first, eight times more each time, up to what one may have. A process that is ended
 * again and again still gets somewhere, and one that is not has large files soon.
 */
export class ChunkGrowth {
  readonly #rows = new Map<number, number>()

  /** Rows of the partition's next job. */
  next(partition: number, most: number): number {
    const rows = Math.min(most, this.#rows.get(partition) ?? firstRows)
    this.#rows.set(partition, rows * growth)
    return rows
  }
}
