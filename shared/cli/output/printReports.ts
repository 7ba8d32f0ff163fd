import type { StepReport } from '../../pipeline/step/index.js'
import { formatJson, type Json, type JsonObject } from '../../types/index.js'
import { CliError } from '../cliError.js'
import type { Format } from './format.js'
import type { Output } from './output.js'
import { printRecords } from './printRecords.js'

/** Prints what the steps did. @throws CliError STEP_FAILED when one of them failed */
export async function printReports(output: Output, format: Format, reports: readonly StepReport[]): Promise<void> {
  const records = reports.map(report => report as unknown as JsonObject)
  const columns = ['step', 'stream', 'outcome', 'version', 'rowsIn', 'rowsOut', 'durationMs', 'detail']
  const shown =
    format === 'jsonl' ? records : records.map(record => ({ ...record, detail: detailText(record['detail']) }))
  await printRecords(output, format, columns, shown)
  const failures = reports.filter(report => report.outcome === 'failed')
  if (failures.length === 0) return
  throw new CliError('STEP_FAILED', failures.map(failureText).join('\n'))
}

/** Why a step failed, and that what it committed before is not lost. */
export function failureText({ step, stream, error, version, rowsOut }: StepReport): string {
  const failed = `${step}${stream === undefined ? '' : ` of ${stream}`} failed: ${error?.message ?? 'no reason given'}`
  if (version === undefined) return failed
  return `${failed} What it committed before stays: ${rowsOut} row${rowsOut === 1 ? '' : 's'}, up to version ${version}.`
}

function detailText(detail: Json | undefined): string {
  return Object.entries((detail ?? {}) as JsonObject)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : formatJson(value ?? null)}`)
    .join(' ')
}
