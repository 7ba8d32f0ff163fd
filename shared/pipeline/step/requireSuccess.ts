import type { StepReport } from './stepReport.js'

/**
 * The reports, when no step failed. A failed one is thrown once all have had their turn, so that the platform counts
 * the run as failed; what is wrong is in its message.
 */
export function requireSuccess(reports: readonly StepReport[]): readonly StepReport[] {
  const failures = reports.filter(report => report.outcome === 'failed')
  if (failures.length === 0) return reports
  const messages = failures.map(
    ({ step, stream, error }) => `${step}${stream === undefined ? '' : ` of ${stream}`}: ${error?.message ?? 'failed'}`,
  )
  throw new Error(messages.join('\n'))
}
