import { decodeForest, ForestWalk, type IsolationForest, seededRandom } from '../forest/index.js'
import type { ModelFiles } from '../modelSource.js'
import { type ModelLimits, openOnnxScorer, type Scorer } from '../onnx/index.js'
import { ForestScorer } from './forestScorer.js'

/** What both ways of scoring a forest may differ by, which is the rounding of 32-bit floats. */
const tolerance = 1e-6

const probeRows = 256

/**
 * Makes a model ready to score. A file that is one of our own isolation forests, whoever it is from, is scored by walking
 * its trees, which takes a fraction of the time; any other file by ONNX Runtime. ONNX Runtime is asked in both cases: it
 * holds the file against its card, and a walk that scores the golden vectors or rows around the forest's thresholds
 * otherwise is not used.
 *
 * @throws ModelError as `openOnnxScorer`
 */
export async function openScorer(files: ModelFiles, limits: ModelLimits): Promise<Scorer> {
  const scorer = await openOnnxScorer(files, limits)
  const forest = decodeForest(files.onnx)
  if (forest === undefined) return scorer
  try {
    const walk = new ForestWalk(forest)
    const probes = probesOf(forest, files)
    const rows = probes.length / forest.features
    const [wanted, found] = [await scorer.score(probes, rows), walk.score(probes, rows)]
    if (!wanted.every((score, row) => isSame(score, found[row] as number))) return scorer
    await scorer.close()
    return new ForestScorer(walk, forest.features)
  } catch (error) {
    await scorer.close()
    throw error
  }
}

function isSame(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= tolerance
}

/** The golden vectors, and rows whose numbers are thresholds, or the floats next to one, or none. */
function probesOf({ features, feature, threshold }: IsolationForest, { card }: ModelFiles): Float32Array {
  const golden = (card.golden ?? []).flatMap(vector => vector.features)
  const thresholds = Array.from({ length: features }, () => [0])
  for (const [i, value] of threshold.entries())
    if (value !== Infinity) thresholds[feature[i] as number]?.push(value, nextAbove(value))
  const random = seededRandom(1)
  const probes = Array.from({ length: probeRows * features }, (_, i) => {
    const own = thresholds[i % features] as readonly number[]
    return own[Math.floor(random() * own.length)] as number
  })
  // The last row is one that has no score.
  return Float32Array.of(...golden, ...probes, ...new Array<number>(features).fill(NaN))
}

function nextAbove(value: number): number {
  const float = Float32Array.of(value)
  const bits = new Int32Array(float.buffer)
  bits[0] = (bits[0] as number) + (value < 0 ? -1 : 1)
  return float[0] as number
}
