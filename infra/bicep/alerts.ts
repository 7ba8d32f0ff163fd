import { type Alert, alertKql, alerts, settingName, thresholdsPlace } from '../../shared/alerts/rules/index.js'

/**
 * The text of `infra/app/alerts.bicep`: a rule for each alert over the rows that the app logs, the action group that they notify, and the
 * workbook. Thresholds are the app's own settings, so that a rule and `lake alerts` cannot differ. The queries have not
 * run on Azure: a test parses them and checks their columns.
 */
export function alertsBicep(): string {
  return [
    '// Made by `npm run docs` from shared/alerts/rules. A rule for each alert over the rows that the app logs with',
    '// LOG_FORMAT=json, an action group and a workbook. None of the queries has run on Azure.',
    '',
    ...parameters,
    '',
    'var alerts = [',
    ...alerts.flatMap(ruleLines),
    ']',
    '',
    ...resources,
    '',
  ].join('\n')
}

const parameters = [
  'param location string',
  'param tags object',
  'param token string',
  "@description('Resource id of the Application Insights that the app logs to.')",
  'param insightsId string',
  "@description('The app\\'s settings: ALERT_… are the thresholds.')",
  'param settings object',
  "@description('Who is notified: mail addresses.')",
  'param contacts array',
  "@description('Whether the rules are evaluated.')",
  'param enabled bool',
]

function ruleLines(alert: Alert): readonly string[] {
  const { name, title, severity, signal, threshold } = alert
  const { minutes } = signal.reading
  const iso = minutes % 60 === 0 ? `PT${String(minutes / 60)}H` : `PT${String(minutes)}M`
  return [
    '  {',
    `    name: '${name}'`,
    `    title: '${title}'`,
    `    severity: ${String(severity)}`,
    `    window: '${iso}'`,
    `    frequency: '${minutes > 15 ? 'PT5M' : 'PT1M'}'`,
    typeof threshold === 'number'
      ? `    threshold: '${String(threshold)}'`
      : `    threshold: settings.${settingName(threshold)}`,
    `    dimensions: [${signal.dimensions.map(dimension => `'${dimension}'`).join(', ')}]`,
    "    query: '''",
    alertKql(alert),
    "'''",
    '  }',
  ]
}

const resources = [
  '// 300, orders=3600 as {"default":300,"orders":3600}.',
  "var limits = map(alerts, alert => map(split(alert.threshold, ','), part => '\"${contains(part, '=') ? trim(split(part, '=')[0]) : 'default'}\":${trim(last(split(part, '=')))}'))",
  '',
  "resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {",
  "  name: 'ag-${token}'",
  "  location: 'global'",
  '  tags: tags',
  '  properties: {',
  "    groupShortName: 'lake'",
  '    enabled: true',
  '    emailReceivers: [for (contact, i) in contacts: {',
  "      name: 'contact${i}'",
  '      emailAddress: contact',
  '      useCommonAlertSchema: true',
  '    }]',
  '  }',
  '}',
  '',
  "resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for (alert, i) in alerts: {",
  "  name: 'alert-${alert.name}-${token}'",
  '  location: location',
  '  tags: tags',
  "  kind: 'LogAlert'",
  '  properties: {',
  '    displayName: alert.title',
  "    description: '${alert.title}. Runbook: infra/RUNBOOK.md#${alert.name}'",
  '    severity: alert.severity',
  '    enabled: enabled',
  '    scopes: [insightsId]',
  "    targetResourceTypes: ['Microsoft.Insights/components']",
  '    evaluationFrequency: alert.frequency',
  '    windowSize: alert.window',
  '    autoMitigate: true',
  '    criteria: {',
  '      allOf: [',
  '        {',
  `          query: replace(alert.query, '${thresholdsPlace}', '{\${join(limits[i], ',')}}')`,
  "          timeAggregation: 'Count'",
  "          operator: 'GreaterThan'",
  '          threshold: 0',
  "          dimensions: map(alert.dimensions, name => { name: name, operator: 'Include', values: ['*'] })",
  '          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }',
  '        }',
  '      ]',
  '    }',
  '    actions: {',
  '      actionGroups: [actionGroup.id]',
  "      customProperties: { alert: alert.name, runbook: 'infra/RUNBOOK.md#${alert.name}' }",
  '    }',
  '  }',
  '}]',
  '',
  '// A template of its own, as the checker and others can take it by itself.',
  "resource workbook 'Microsoft.Resources/deployments@2021-04-01' = {",
  "  name: 'workbook-${token}'",
  '  properties: {',
  "    mode: 'Incremental'",
  "    template: loadJsonContent('workbook.json')",
  '    parameters: {',
  '      location: { value: location }',
  '      insightsId: { value: insightsId }',
  '      tags: { value: tags }',
  '    }',
  '  }',
  '}',
]
