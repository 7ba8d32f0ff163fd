import { encodeOnnx } from '../onnx/index.js'

/** What one category's values are like. */
export interface Habit {
  readonly category: string
  readonly mean: number
  /** A typical distance from the mean; above zero. */
  readonly spread: number
}

/**
 * A model that says how unusual a value is for its category: the logistic function of how many spreads it lies from the
 * category's mean, 0.5 at `tolerance` spreads. A category it does not know has no habits to break: its score is near 0.
 */
export interface ValueRange {
  readonly habits: readonly Habit[]
  /** Spreads. */
  readonly tolerance: number
  /** How fast the score grows with each spread more. */
  readonly steepness: number
}

/** The tensors' names: rows × features, the value first and one 0 or 1 per category after it; rows × 1. */
export const valueRangeTensors = { input: 'features', output: 'score' } as const

/** Standardisation is folded into the weights, so that the model takes values as they are. */
export function encodeValueRange({ habits, tolerance, steepness }: ValueRange): Uint8Array {
  const { input, output } = valueRangeTensors
  const features = habits.length + 1
  const column = (name: string, first: number, of: (habit: Habit) => number) => ({
    name,
    shape: [features, 1],
    values: [first, ...habits.map(of)],
  })
  return encodeOnnx({
    name: 'value_range',
    inputs: [{ name: input, shape: ['rows', features] }],
    outputs: [{ name: output, shape: ['rows', 1] }],
    constants: [
      column('select_value', 1, () => 0),
      column('inverse_spread', 0, h => 1 / h.spread),
      column('standard_mean', 0, h => h.mean / h.spread),
      { name: 'steepness', shape: [1, 1], values: [steepness] },
      { name: 'bias', shape: [1], values: [-steepness * tolerance] },
    ],
    nodes: [
      { operator: 'MatMul', inputs: [input, 'select_value'], outputs: ['value'] },
      { operator: 'MatMul', inputs: [input, 'inverse_spread'], outputs: ['scale'] },
      { operator: 'MatMul', inputs: [input, 'standard_mean'], outputs: ['centre'] },
      { operator: 'Mul', inputs: ['value', 'scale'], outputs: ['scaled'] },
      { operator: 'Sub', inputs: ['scaled', 'centre'], outputs: ['deviation'] },
      { operator: 'Abs', inputs: ['deviation'], outputs: ['distance'] },
      { operator: 'Gemm', inputs: ['distance', 'steepness', 'bias'], outputs: ['logit'] },
      { operator: 'Sigmoid', inputs: ['logit'], outputs: [output] },
    ],
  })
}

/** The same model's score of one value, in 64 bits. */
export function scoreValue(
  { habits, tolerance, steepness }: ValueRange,
  category: string | null,
  value: number,
): number {
  const habit = habits.find(h => h.category === category)
  const distance = habit === undefined ? 0 : Math.abs((value - habit.mean) / habit.spread)
  return 1 / (1 + Math.exp(-steepness * (distance - tolerance)))
}
