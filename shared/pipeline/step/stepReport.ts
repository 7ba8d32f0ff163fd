/** The steps of the pipeline, in the order in which one run takes them. */
export const stepNames = [
  'bronze',
  'silver',
  'models',
  'gold',
  'monitor',
  'maintenance',
  'replay',
  'erase',
  'training',
] as const

/** As run records and `cluster_logs` name it. */
export type StepName = (typeof stepNames)[number]

/** What one step did for one stream (or for the whole lake): JSON as it stands. */
export interface StepReport {
  /** The job's task, where the step was run as one. */
  readonly task?: string | undefined
  readonly step: StepName
  readonly stream?: string | undefined
  /** `paused`: somebody paused the stream, and the step did nothing; `detail.paused` says who, when and why. */
  readonly outcome: 'committed' | 'nothingToDo' | 'paused' | 'failed'
  /** The last version this step committed. */
  readonly version?: number | undefined
  readonly rowsIn: number
  readonly rowsOut: number
  readonly durationMs: number
  /** Whether work is left that this run's bounds did not allow. */
  readonly more?: boolean | undefined
  readonly detail: Readonly<Record<string, number | string | boolean>>
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean } | undefined
}

/** What one run of the whole pipeline did. */
export interface PipelineReport {
  readonly job: string
  readonly startedAt: string
  readonly endedAt: string
  /** True when no step failed. */
  readonly ok: boolean
  readonly steps: readonly StepReport[]
}
