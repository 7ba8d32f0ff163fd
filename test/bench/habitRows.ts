import { seededRandom } from '../../shared/models/forest/index.js'

/** Events of four types with habits: how often, how much, and at what time of day. */
const habits = [
  { share: 0.5, mean: 2_000, spread: 300, hour: 12 },
  { share: 0.3, mean: 300, spread: 60, hour: 20 },
  { share: 0.15, mean: 8_000, spread: 2_000, hour: 15 },
  { share: 0.05, mean: 50, spread: 10, hour: 9 },
] as const

/** Numbers of a row: value, its logarithm, hour of day, a column per type, how frequent the type is. */
export const habitWidth = 3 + habits.length + 1

/** Rows as a model takes them; of those to be tested one in fifty is an anomaly. */
export interface HabitRows {
  readonly values: Float32Array
  /** Per row: 1 an unusual value, 2 an unusual time, 3 another type than the one the rest belongs to; 0 a usual row. */
  readonly anomalies: Uint8Array
}

/** The same seed gives the same rows. */
export function habitRows(rows: number, seed: number, withAnomalies: boolean): HabitRows {
  const random = seededRandom(seed)
  const bell = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const values = new Float32Array(rows * habitWidth)
  const anomalies = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    let type = typeAt(random())
    const habit = habits[type] ?? habits[0]
    let value = habit.mean + habit.spread * bell()
    let hour = habit.hour + 3 * bell()
    if (withAnomalies && random() < 0.02) {
      const kind = 1 + Math.floor(random() * 3)
      anomalies[row] = kind
      if (kind === 1) value *= random() < 0.5 ? 3 + 7 * random() : 1 / (3 + 7 * random())
      else if (kind === 2) hour += 10 + 4 * random()
      else type = (type + 1 + Math.floor(random() * (habits.length - 1))) % habits.length
    }
    const at = row * habitWidth
    values[at] = value
    values[at + 1] = Math.sign(value) * Math.log1p(Math.abs(value))
    values[at + 2] = ((hour % 24) + 24) % 24
    values[at + 3 + type] = 1
    values[at + 3 + habits.length] = (habits[type] ?? habits[0]).share
  }
  return { values, anomalies }
}

function typeAt(at: number): number {
  let left = at
  const type = habits.findIndex(({ share }) => (left -= share) < 0)
  return type < 0 ? habits.length - 1 : type
}
