import type { FiringAlert } from '../rules/index.js'

/** An alert with what its messages say of when it fired. Times are milliseconds of the storage's clock. */
export interface DeliveredAlert extends FiringAlert {
  /** The same in the message that it fires and in the one that it is over. */
  readonly id: string
  readonly firedAt: number
}

/** The identity of an alert, whatever its figures. */
export function alertKey({ alert, stream, table, step }: FiringAlert): string {
  return JSON.stringify([alert, stream ?? null, table ?? null, step ?? null])
}

/**
 * A message in the Common Alert Schema of Azure Monitor, as an action group sends it for a log search alert.
 *
 * @param lake its address, which stands for the resource
 * @param resolvedAt when it was over; undefined while it fires
 */
export function commonAlert(alert: DeliveredAlert, lake: string, resolvedAt: number | undefined): object {
  const dimensions = [
    { name: 'stream', value: alert.stream },
    { name: 'table_name', value: alert.table },
    { name: 'step', value: alert.step },
  ].filter(({ value }) => value !== undefined)
  return {
    schemaId: 'azureMonitorCommonAlertSchema',
    data: {
      essentials: {
        alertId: alert.id,
        alertRule: alert.alert,
        severity: `Sev${String(alert.severity)}`,
        signalType: 'Log',
        monitorCondition: resolvedAt === undefined ? 'Fired' : 'Resolved',
        monitoringService: 'Log Alerts V2',
        alertTargetIDs: [lake],
        configurationItems: [alert.table ?? alert.stream ?? lake],
        originAlertId: alert.id,
        firedDateTime: timeText(alert.firedAt),
        ...(resolvedAt === undefined ? {} : { resolvedDateTime: timeText(resolvedAt) }),
        description: alert.sentence,
        essentialsVersion: '1.0',
        alertContextVersion: '1.0',
      },
      alertContext: {
        conditionType: 'LogQueryCriteria',
        condition: {
          allOf: [{ metricMeasureColumn: 'value', metricValue: alert.value, threshold: alert.threshold, dimensions }],
        },
      },
      customProperties: { title: alert.title, since: timeText(alert.since), runbook: alert.runbook },
    },
  }
}

const timeText = (ms: number) => new Date(ms).toISOString()
