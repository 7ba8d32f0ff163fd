import type { ForestWalk } from '../forest/index.js'
import type { Scorer } from '../onnx/index.js'

/** Rows that are scored at once: a few hundredths of a second, between which triggers and timers have their turn. */
const turnRows = 8_192

/**
 * Scores by walking the trees of a forest, in this thread. Limits are not needed: a row takes as many steps as the forest
 * has trees and levels, and no memory but its score's.
 */
export class ForestScorer implements Scorer {
  readonly #walk: ForestWalk
  readonly #features: number

  constructor(walk: ForestWalk, features: number) {
    this.#walk = walk
    this.#features = features
  }

  async score(features: Float32Array, rows: number): Promise<Float32Array> {
    const scores = new Float32Array(rows)
    for (let from = 0; from < rows; from += turnRows) {
      const to = Math.min(rows, from + turnRows)
      const part = features.subarray(from * this.#features, to * this.#features)
      scores.set(this.#walk.score(part, to - from), from)
      if (to < rows) await new Promise(resolve => setImmediate(resolve))
    }
    return scores
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
