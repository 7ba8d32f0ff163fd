import { sha256 } from '../card/index.js'
import type { Feature } from '../features/index.js'
import type { ModelFiles } from '../modelSource.js'
import { encodeValueRange, type Habit, scoreValue, type ValueRange, valueRangeTensors } from './valueRange.js'

/** What the sample stream's values are like, by type of event. */
const habits: readonly Habit[] = [
  { category: 'click', mean: 2_000, spread: 300 },
  { category: 'view', mean: 300, spread: 60 },
  { category: 'purchase', mean: 8_000, spread: 2_000 },
  { category: 'sign_up', mean: 50, spread: 10 },
]

/** Usual values stay within three spreads; those that are not lie far outside. */
const starter: ValueRange = { habits, tolerance: 4.5, steepness: 2 }

const features: readonly Feature[] = [
  { column: 'value', kind: 'numeric' },
  { column: 'event_type', kind: 'category', categories: habits.map(h => h.category) },
]

/**
 * The model that ships, for the sample stream: above 0.5 for a value that is unusual for its type of event. Pure; no
 * I/O.
 *
 * @param name what to call it in the lake
 */
export function starterModel(name: string): ModelFiles {
  const onnx = encodeValueRange(starter)
  const golden = [...habits, { category: 'unknown', mean: 0, spread: 1 }].flatMap(({ category, mean, spread }) =>
    [mean, mean - 5 * spread, mean + 4.5 * spread].map(value => ({
      features: [value, ...habits.map(h => (h.category === category ? 1 : 0))],
      score: scoreValue(starter, category, value),
    })),
  )
  const card = {
    name,
    version: 'starter-1',
    stream: 'events',
    features,
    ...valueRangeTensors,
    // The same files wherever they are made, so that whoever installs them first installs the same.
    createdAt: '2025-01-01T00:00:00.000Z',
    sha256: sha256(onnx),
    golden,
  }
  return { card, onnx }
}
