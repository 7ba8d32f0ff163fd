// Made by `npm run docs` from shared/alerts/rules. A rule for each alert over the rows that the app logs with
// LOG_FORMAT=json, an action group and a workbook. None of the queries has run on Azure.

param location string
param tags object
param token string
@description('Resource id of the Application Insights that the app logs to.')
param insightsId string
@description('The app\'s settings: ALERT_… are the thresholds.')
param settings object
@description('Who is notified: mail addresses.')
param contacts array
@description('Whether the rules are evaluated.')
param enabled bool

var alerts = [
  {
    name: 'monitor-silent'
    title: 'The monitor does not run'
    severity: 0
    window: 'PT1H'
    frequency: 'PT5M'
    threshold: settings.ALERT_MONITOR_SECONDS
    dimensions: []
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(60m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| summarize newest = max(timestamp)
| extend value = coalesce((now() - newest) / 1s, real(3600))
| extend threshold = todouble(thresholds['default'])
| where value > threshold
| project value, threshold
'''
  }
  {
    name: 'offsets-missing'
    title: 'Offsets were deleted before they were read'
    severity: 0
    window: 'PT1H'
    frequency: 'PT5M'
    threshold: settings.ALERT_MISSING_OFFSETS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(60m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize value = sum(coalesce(todouble(row.newly_missing), real(0))) by stream, table_name
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'partition-stopped'
    title: 'A partition is stopped'
    severity: 0
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: '0'
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.stopped_partitions), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'counts-differ'
    title: 'Counts do not reconcile'
    severity: 0
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: '0'
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = iff(tostring(row.identity_closed) in ('false'), real(1), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'unreadable'
    title: 'A table or Kafka cannot be read'
    severity: 1
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: '0'
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = iff(tostring(row.status) in ('DEGRADED') and tostring(row.layer) !in ('drift') and tostring(row.identity_closed) !in ('false') and coalesce(todouble(row.stopped_partitions), real(0)) <= 0 and coalesce(todouble(row.newly_missing), real(0)) <= 0 and coalesce(todouble(row.model_fault_seconds), real(0)) <= 0, real(1), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'stale'
    title: 'A table is stale'
    severity: 1
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_STALE_SECONDS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.freshness_seconds), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'late'
    title: 'A table is late'
    severity: 3
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_LATE_SECONDS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.freshness_seconds), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'silence'
    title: 'No data at all'
    severity: 2
    window: 'PT30M'
    frequency: 'PT5M'
    threshold: settings.ALERT_MIN_ROWS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(30m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize value = sum(coalesce(todouble(row.rows_added), real(0))), oldest = min(timestamp) by stream, table_name
| where oldest <= ago(1620s)
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value < threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'lag'
    title: 'Kafka has more than bronze'
    severity: 2
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_LAG
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.lag), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'slow-drain'
    title: 'The lag takes long to drain'
    severity: 2
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_DRAIN_SECONDS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = iff(coalesce(todouble(row.lag), real(0)) > 0, coalesce(todouble(row.seconds_to_drain), real(86400)), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'quarantine-rate'
    title: 'Many records are rejected'
    severity: 2
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_QUARANTINE_RATE
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize value = sum(coalesce(todouble(row.newly_quarantined), real(0))), per = sum(coalesce(todouble(row.rows_added), real(0))) by stream, table_name
| where per > 0
| extend value = value / per
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'quarantine-age'
    title: 'Rejected records wait'
    severity: 3
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_QUARANTINE_AGE_SECONDS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('bronze')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.quarantine_oldest_seconds), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'failures'
    title: 'Runs fail'
    severity: 2
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_FAILURES
    dimensions: ['stream', 'step']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"cluster_logs"'
| extend row = parse_json(message)
| extend stream = tostring(row.stream), step = tostring(row.step)
| summarize value = sum(iff(tostring(row.outcome) in ('failed', 'unfinished'), real(1), real(0))) by stream, step
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, step, value, threshold
'''
  }
  {
    name: 'retries'
    title: 'Deliveries are repeated'
    severity: 1
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_RETRIES
    dimensions: ['stream', 'step']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"cluster_logs"'
| extend row = parse_json(message)
| extend stream = tostring(row.stream), step = tostring(row.step)
| summarize value = sum(iff(tostring(row.outcome) in ('failed', 'conflict') and tostring(row.trigger) in ('kafka', 'eventhubs'), real(1), real(0))) by stream, step
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, step, value, threshold
'''
  }
  {
    name: 'model-fault'
    title: 'The model cannot score or be renewed'
    severity: 2
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_MODEL_SECONDS
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('gold')
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.model_fault_seconds), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'drift'
    title: 'Events are not like those of the training'
    severity: 3
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: '0'
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.layer) in ('drift')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = iff(tostring(row.status) in ('DEGRADED'), real(1), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'log-growth'
    title: 'A log grows without a checkpoint'
    severity: 2
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_VERSIONS_SINCE_CHECKPOINT
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.versions_since_checkpoint), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'compaction-behind'
    title: 'Compaction is behind'
    severity: 3
    window: 'PT15M'
    frequency: 'PT1M'
    threshold: settings.ALERT_SMALL_FILES
    dimensions: ['stream', 'table_name']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(15m)
| where message startswith '{"row":"monitor_logs"'
| extend row = parse_json(message)
| where tostring(row.paused) !in ('true')
| extend stream = tostring(row.stream), table_name = tostring(row.table_name)
| summarize arg_max(timestamp, row) by stream, table_name
| extend value = coalesce(todouble(row.small_files), real(0))
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, table_name, value, threshold
'''
  }
  {
    name: 'cost'
    title: 'It costs more than expected'
    severity: 3
    window: 'PT1H'
    frequency: 'PT5M'
    threshold: settings.ALERT_COST_PER_HOUR
    dimensions: ['stream']
    query: '''
let thresholds = dynamic({thresholds});
traces
| where timestamp > ago(60m)
| where message startswith '{"row":"cluster_logs"'
| extend row = parse_json(message)
| extend stream = tostring(row.stream)
| summarize value = sum(coalesce(todouble(row.estimated_cost_usd), real(0))) by stream
| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))
| where value > threshold
| project stream, value, threshold
'''
  }
]

// 300, orders=3600 as {"default":300,"orders":3600}.
var limits = map(alerts, alert => map(split(alert.threshold, ','), part => '"${contains(part, '=') ? trim(split(part, '=')[0]) : 'default'}":${trim(last(split(part, '=')))}'))

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'lake'
    enabled: true
    emailReceivers: [for (contact, i) in contacts: {
      name: 'contact${i}'
      emailAddress: contact
      useCommonAlertSchema: true
    }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for (alert, i) in alerts: {
  name: 'alert-${alert.name}-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: alert.title
    description: '${alert.title}. Runbook: infra/RUNBOOK.md#${alert.name}'
    severity: alert.severity
    enabled: enabled
    scopes: [insightsId]
    targetResourceTypes: ['Microsoft.Insights/components']
    evaluationFrequency: alert.frequency
    windowSize: alert.window
    autoMitigate: true
    criteria: {
      allOf: [
        {
          query: replace(alert.query, '{thresholds}', '{${join(limits[i], ',')}}')
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: map(alert.dimensions, name => { name: name, operator: 'Include', values: ['*'] })
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: {
      actionGroups: [actionGroup.id]
      customProperties: { alert: alert.name, runbook: 'infra/RUNBOOK.md#${alert.name}' }
    }
  }
}]

// A template of its own, as the checker and others can take it by itself.
resource workbook 'Microsoft.Resources/deployments@2021-04-01' = {
  name: 'workbook-${token}'
  properties: {
    mode: 'Incremental'
    template: loadJsonContent('workbook.json')
    parameters: {
      location: { value: location }
      insightsId: { value: insightsId }
      tags: { value: tags }
    }
  }
}
