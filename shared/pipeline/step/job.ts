import type { StepName } from './stepReport.js'

/** The pipeline as people know it from a scheduler of jobs: its name, and its tasks in the order of one run. */
export const job = {
  name: 'full_streaming_pipeline',
  tasks: [
    { name: '01_stream_kafka_to_bronze', step: 'bronze' },
    { name: '02_bronze_to_silver_cleanse', step: 'silver' },
    { name: '02_fetch_models', step: 'models' },
    { name: '02_silver_to_gold_score', step: 'gold' },
    { name: '03_monitor_silver_events', step: 'monitor' },
  ],
} as const satisfies {
  readonly name: string
  readonly tasks: readonly { readonly name: string; readonly step: StepName }[]
}

/** A task of the job. */
type TaskName = (typeof job)['tasks'][number]['name']

/** The task of a step, for reports; undefined for one that is not of the job. */
export function taskOf(step: string): TaskName | undefined {
  return job.tasks.find(task => task.step === step)?.name
}
