import type { FiringAlert } from '../rules/index.js'

/** An alert that somebody is told of. Times are milliseconds of the storage's clock. */
export interface ToldAlert extends FiringAlert {
  /** The same in the message that it fires and in the one that it is over. */
  readonly id: string
  readonly firedAt: number
}

/** What tells two alerts apart, whatever their figures. */
export function alertKey({ alert, stream, table, step }: FiringAlert): string {
  return JSON.stringify([alert, stream ?? null, table ?? null, step ?? null])
}

/**
 * A message in the Common Alert Schema of Azure Monitor, as an action group sends it for a log search alert.
 *
 * @param lake its address, which stands for the resource
 * @param resolvedAt when it was over; undefined while it fires
 */
export function commonAlert(told: ToldAlert, lake: string, resolvedAt: number | undefined): object {
  const dimensions = [
    { name: 'stream', value: told.stream },
    { name: 'table_name', value: told.table },
    { name: 'step', value: told.step },
  ].filter(({ value }) => value !== undefined)
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: {
      essentials: {
        alertId: told.id,
        alertRule: told.alert,
        severity: `Sev${String(told.severity)}`,
        signalType: 'Log',
        monitorCondition: resolvedAt === undefined ? 'Fired' : 'Resolved',
        monitoringService: 'Log Alerts V2',
        alertTargetIDs: [lake],
        configurationItems: [told.table ?? told.stream ?? lake],
        originAlertId: told.id,
        firedDateTime: timeText(told.firedAt),
        ...(resolvedAt === undefined ? {} : { resolvedDateTime: timeText(resolvedAt) }),
        description: told.sentence,
        essentialsVersion: '1.0',
        alertContextVersion: '1.0',
      },
      alertContext: {
        conditionType: 'LogQueryCriteria',
        condition: {
          allOf: [{ metricMeasureColumn: 'value', metricValue: told.value, threshold: told.threshold, dimensions }],
        },
      },
      customProperties: { title: told.title, since: timeText(told.since), runbook: told.runbook },
    },
  }
}

const timeText = (ms: number) => new Date(ms).toISOString()
