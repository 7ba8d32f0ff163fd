/**
 * The text of `infra/app/workbook.json`: a template, so that it can also be deployed by itself, with the workbook of the
 * rows that the app logs. Its queries have not run on Azure: a test parses them and checks their columns.
 */
export function workbookTemplate(): string {
  const content = {
    version: 'Notebook/1.0',
    items: [
      {
        type: 9,
        name: 'time',
        content: {
          version: 'KqlParameterItem/1.0',
          parameters: [
            {
              version: 'KqlParameterItem/1.0',
              name: 'TimeRange',
              type: 4,
              isRequired: true,
              value: { durationMs: 14_400_000 },
              typeSettings: { selectableValues: [3_600_000, 14_400_000, 86_400_000].map(ms => ({ durationMs: ms })) },
            },
          ],
        },
      },
      ...workbookCharts.map(({ title, query, shape }) => ({
        type: 3,
        name: title,
        content: {
          version: 'KqlItem/1.0',
          query,
          size: 0,
          title,
          timeContextFromParameter: 'TimeRange',
          queryType: 0,
          resourceType: 'microsoft.insights/components',
          visualization: shape,
        },
      })),
    ],
  }
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    parameters: { location: { type: 'string' }, insightsId: { type: 'string' }, tags: { type: 'object' } },
    resources: [
      {
        type: 'Microsoft.Insights/workbooks',
        apiVersion: '2023-06-01',
        name: "[guid(parameters('insightsId'), 'kafka-delta-functions')]",
        location: "[parameters('location')]",
        tags: "[parameters('tags')]",
        kind: 'shared',
        properties: {
          displayName: 'Kafka to Delta Lake',
          category: 'workbook',
          sourceId: "[parameters('insightsId')]",
          serializedData: JSON.stringify(content),
        },
      },
    ],
  }
  return `${JSON.stringify(template, null, 2)}\n`
}

/** A chart or a table of the workbook. */
interface WorkbookChart {
  readonly title: string
  readonly query: string
  readonly shape: 'timechart' | 'table'
}

const rows = (table: string) =>
  `traces\n| where message startswith '{"row":"${table}"'\n| extend row = parse_json(message)\n`
const line = (title: string, column: string, by = 'table_name', where = ''): WorkbookChart => ({
  title,
  shape: 'timechart',
  query: `${rows('monitor_logs')}${where}| where isnotnull(row.${column})\n| summarize value = max(todouble(row.${column})) by bin(timestamp, 1m), series = tostring(row.${by})`,
})

/** What the workbook shows, in order: freshness, lag, reconciliation, quality, table health, cost. */
export const workbookCharts: readonly WorkbookChart[] = [
  line('Freshness: seconds since the newest event', 'freshness_seconds'),
  line('Queryable: seconds from event to committed row, 99th percentile', 'queryable_p99_seconds'),
  line("Queryable: seconds from Kafka's timestamp, 99th percentile", 'kafka_queryable_p99_seconds'),
  line('Lag: offsets in Kafka that bronze does not cover', 'lag', 'stream'),
  line('Lag: seconds to drain', 'seconds_to_drain', 'stream'),
  {
    title: 'Reconciliation: the newest counts',
    shape: 'table',
    query: `${rows('monitor_logs')}| extend table_name = tostring(row.table_name)\n| summarize arg_max(timestamp, row) by table_name\n| project table_name, status = tostring(row.status), reconciled = tobool(row.identity_closed), counts = tostring(row.identity), missing_offsets = tolong(row.missing_offsets), reason = tostring(row.reason)\n| order by table_name asc`,
  },
  line('Quality: records in quarantine', 'quarantine_backlog', 'stream'),
  line('Quality: rejected since the last look', 'newly_quarantined', 'stream'),
  line('Quality: late rows since the last look', 'late_count'),
  line('Table health: versions since a checkpoint', 'versions_since_checkpoint'),
  line('Table health: small files', 'small_files'),
  {
    title: 'Runs: failed, by step',
    shape: 'timechart',
    query: `${rows('cluster_logs')}| where tostring(row.outcome) == 'failed'\n| summarize failed = count() by bin(timestamp, 5m), series = strcat(tostring(row.step), ' ', tostring(row.error_code))`,
  },
  {
    title: 'Cost: estimated dollars an hour, by step',
    shape: 'timechart',
    query: `${rows('cluster_logs')}| summarize dollars = sum(todouble(row.estimated_cost_usd)) by bin(timestamp, 1h), series = tostring(row.step)`,
  },
]
