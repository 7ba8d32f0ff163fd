import { z } from 'zod'

import { jsonObject } from '../card/index.js'
import { ModelError } from '../modelError.js'

const metric = z.object({
  name: z.string().min(1),
  value: z.number(),
  /** How far training was; 0 for what is measured once. */
  step: z.int().min(0).default(0),
})

const dataset = z.object({
  /** As SQL has it, `silver.events`. */
  name: z.string().min(1),
  /** Address of the Delta table. */
  url: z.string().min(1),
  /** Version of the Delta table. */
  version: z.int().min(0),
  /** Names the rows that were used, however long. */
  digest: z.string().min(1),
  rows: z.int().min(0),
})

const record = z.object({
  stream: z.string().min(1),
  /** Milliseconds since 1970-01-01 UTC. */
  startedAt: z.number(),
  endedAt: z.number(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  metrics: z.array(metric),
  dataset: dataset,
  /** What else is to be known of it, by name. */
  tags: z.record(z.string(), z.string()).default({}),
})

/** One measurement of a training. */
export type TrainingMetric = z.output<typeof metric>

/** What is to be known of a training beside the model itself: `training.json` in the version's folder. */
export type TrainingRecord = z.output<typeof record>

/** What {@link encodeTrainingRecord} takes: without steps and tags where there are none. */
export type TrainingRecordInput = z.input<typeof record>

/** The file's name in a version's folder. */
export const trainingFile = 'training.json'

/** The bytes of `training.json`: UTF-8, indented. */
export function encodeTrainingRecord(value: TrainingRecordInput): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(record.parse(value), null, 2)}\n`)
}

/**
 * Reads a `training.json`.
 *
 * @param place what to call the file in a message
 * @throws ModelError MODEL_MISMATCH naming the field that is not as it must be
 */
export function decodeTrainingRecord(bytes: Uint8Array, place: string): TrainingRecord {
  const parsed = record.safeParse(jsonObject(bytes, place))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') ?? ''
  throw new ModelError('MODEL_MISMATCH', `${place}: ${field} is not as it must be: ${issue?.message ?? ''}.`, {
    data: { file: place, field },
  })
}

/** The figures as they are in the end: of each its last step. */
export function finalMetrics({ metrics }: Pick<TrainingRecord, 'metrics'>): readonly TrainingMetric[] {
  const last = new Map<string, TrainingMetric>()
  for (const metric of metrics) if (metric.step >= (last.get(metric.name)?.step ?? 0)) last.set(metric.name, metric)
  return [...last.values()]
}
