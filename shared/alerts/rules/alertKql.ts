import type { Alert, Amount, Condition } from './alert.js'

/** Where the thresholds are put: an expression that Bicep or a person replaces by `{"default":300,"orders":3600}`. */
export const thresholdsPlace = '{thresholds}'

/**
 * The same over Application Insights, in KQL: `traces` has the rows that the app logs with LOG_FORMAT=json, each as the
 * text of a message. The host writes a line of a worker's standard output as it is, and knows no names in it: they are
 * parsed from the text here, and not found in `customDimensions`.
 */
export function alertKql(alert: Alert): string {
  const { table, dimensions, where = [], amount, reading, fires } = alert.signal
  const window = `${String(reading.minutes)}m`
  const rows = [
    'traces',
    `| where timestamp > ago(${window})`,
    `| where message startswith '{"row":"${table}"'`,
    '| extend row = parse_json(message)',
    ...where.map(condition => `| where ${conditionKql(condition)}`),
  ]
  const limit = `let thresholds = dynamic(${thresholdsPlace});`
  if (reading.kind === 'age')
    return [
      limit,
      ...rows,
      '| summarize newest = max(timestamp)',
      `| extend value = coalesce((now() - newest) / 1s, real(${String(reading.minutes * 60)}))`,
      `| extend threshold = todouble(thresholds['default'])`,
      '| where value > threshold',
      '| project value, threshold',
    ].join('\n')
  const names = dimensions.join(', ')
  return [
    limit,
    ...rows,
    `| extend ${dimensions.map(name => `${name} = tostring(row.${name})`).join(', ')}`,
    ...valueKql(amount, reading, names),
    `| extend threshold = coalesce(todouble(thresholds[stream]), todouble(thresholds['default']))`,
    `| where value ${fires === 'above' ? '>' : '<'} threshold`,
    `| project ${names}, value, threshold`,
  ].join('\n')
}

function valueKql(amount: Amount, reading: Alert['signal']['reading'], names: string): readonly string[] {
  if (reading.kind !== 'sum')
    return [`| summarize arg_max(timestamp, row) by ${names}`, `| extend value = ${amountKql(amount)}`]
  const per = reading.per === undefined ? '' : `, per = sum(${numberKql(reading.per, 0)})`
  const whole = reading.whole === true
  return [
    `| summarize value = sum(${amountKql(amount)})${per}${whole ? ', oldest = min(timestamp)' : ''} by ${names}`,
    ...(per === '' ? [] : ['| where per > 0', '| extend value = value / per']),
    ...(whole ? [`| where oldest <= ago(${String(reading.minutes * 54)}s)`] : []),
  ]
}

function amountKql({ column = '', ifNull = 0, when = [] }: Amount): string {
  const amount = column === '' ? 'real(1)' : numberKql(column, ifNull)
  return when.length === 0 ? amount : `iff(${when.map(conditionKql).join(' and ')}, ${amount}, real(0))`
}

function conditionKql(condition: Condition): string {
  const { column } = condition
  if ('above' in condition) return `${numberKql(column, 0)} > ${String(condition.above)}`
  if ('notAbove' in condition) return `${numberKql(column, 0)} <= ${String(condition.notAbove)}`
  const [values, not] = 'in' in condition ? [condition.in, ''] : [condition.notIn, '!']
  // As text, a boolean is true or false, and null is empty.
  return `tostring(row.${column}) ${not}in (${values.map(value => `'${String(value)}'`).join(', ')})`
}

const numberKql = (column: string, ifNull: number) => `coalesce(todouble(row.${column}), real(${String(ifNull)}))`
