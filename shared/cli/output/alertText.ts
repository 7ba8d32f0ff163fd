import type { AlertReport, FiringAlert } from '../../alerts/index.js'
import { terminalLine } from '../../telemetry/index.js'
import { inWords, type JsonObject } from '../../types/index.js'

/** What `lake alerts` says: as JSON, and as lines for people. */

/** Columns of {@link alertRecords} that CSV shows. */
export const alertColumns = [
  'alert',
  'severity',
  'stream',
  'table',
  'step',
  'since',
  'sinceIsKnown',
  'value',
  'threshold',
  'sentence',
  'runbook',
] as const

/** One record for each alert that fires. */
export function alertRecords({ firing }: AlertReport): readonly JsonObject[] {
  return firing.map(one => ({
    alert: one.alert,
    severity: one.severity,
    stream: one.stream ?? null,
    table: one.table ?? null,
    step: one.step ?? null,
    since: sinceText(one),
    sinceIsKnown: one.sinceIsKnown,
    value: one.value,
    threshold: one.threshold,
    sentence: one.sentence,
    runbook: one.runbook,
  }))
}

/** Three lines for each alert that fires. */
export function alertText({ checkedAt, firing }: AlertReport): string {
  if (firing.length === 0) return 'No alert fires.\n'
  return firing
    .map(one => {
      const lasts = `${one.sinceIsKnown ? '' : 'at least '}${inWords(Math.max(0, checkedAt - one.since) / 1000)}`
      return [
        `Sev${String(one.severity)}  ${one.alert}, since ${sinceText(one)} (${lasts})`,
        `      ${terminalLine(one.sentence)}`,
        `      → ${one.runbook}`,
      ].join('\n')
    })
    .map(text => `${text}\n`)
    .join('')
}

const sinceText = ({ since }: FiringAlert) => new Date(since).toISOString()
