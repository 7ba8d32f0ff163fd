import type { Alert, Amount, Condition } from './alert.js'
import { timeColumn } from './signalRow.js'
import type { Thresholds } from './thresholdOf.js'

/**
 * The same over the lake's tables, in DuckDB's SQL: a row for each combination of dimensions that fires, with `value`
 * and `threshold`.
 *
 * @param now an expression, the time at which it is asked
 */
export function alertSql(alert: Alert, thresholds: Thresholds, now = 'now()'): string {
  const { table, dimensions, where = [], amount, reading, fires } = alert.signal
  const time = timeColumn[table]
  const recent = `${time} > ${now} - INTERVAL ${String(reading.minutes)} MINUTE AND ${time} <= ${now}`
  if (reading.kind === 'age') {
    const value = `coalesce(epoch(${now}) - epoch(max(${time})), ${String(reading.minutes * 60)})`
    return `SELECT ${value} AS value, ${thresholdSql(alert, thresholds)} AS threshold FROM ${table} WHERE ${recent} HAVING value > threshold`
  }
  const names = dimensions.join(', ')
  const rows = `FROM ${table} WHERE ${[recent, ...where.map(conditionSql)].join(' AND ')}`
  const sign = fires === 'above' ? '>' : '<'
  const select = `SELECT ${names}, value, ${thresholdSql(alert, thresholds)} AS threshold`
  if (reading.kind === 'newest')
    return `${select} FROM (SELECT ${names}, ${amountSql(amount)} AS value ${rows} QUALIFY row_number() OVER (PARTITION BY ${names} ORDER BY ${time} DESC) = 1) WHERE value ${sign} threshold`
  const sum = `sum(${amountSql(amount)})`
  const value = reading.per === undefined ? sum : `${sum} / nullif(sum(coalesce(${reading.per}, 0)), 0)`
  const whole =
    reading.whole === true ? ` HAVING min(${time}) <= ${now} - INTERVAL ${String(reading.minutes * 54)} SECOND` : ''
  return `${select} FROM (SELECT ${names}, ${value} AS value ${rows} GROUP BY ${names}${whole}) WHERE value ${sign} threshold`
}

function thresholdSql({ threshold, signal }: Alert, thresholds: Thresholds): string {
  if (typeof threshold === 'number') return String(threshold)
  const { default: fallback, streams } = thresholds[threshold]
  const others = signal.dimensions.includes('stream') ? Object.entries(streams) : []
  if (others.length === 0) return String(fallback)
  return `CASE stream ${others.map(([name, n]) => `WHEN ${textSql(name)} THEN ${String(n)}`).join(' ')} ELSE ${String(fallback)} END`
}

function amountSql({ column = '', ifNull = 0, when = [] }: Amount): string {
  const amount = column === '' ? '1' : `coalesce(${column}, ${String(ifNull)})`
  return when.length === 0 ? amount : `CASE WHEN ${when.map(conditionSql).join(' AND ')} THEN ${amount} ELSE 0 END`
}

function conditionSql(condition: Condition): string {
  const { column } = condition
  if ('above' in condition) return `coalesce(${column}, 0) > ${String(condition.above)}`
  if ('notAbove' in condition) return `coalesce(${column}, 0) <= ${String(condition.notAbove)}`
  const among = (values: readonly (string | boolean)[]) => `${column} IN (${values.map(valueSql).join(', ')})`
  return 'in' in condition ? among(condition.in) : `coalesce(NOT ${among(condition.notIn)}, true)`
}

const valueSql = (value: string | boolean) => (typeof value === 'string' ? textSql(value) : String(value))
const textSql = (text: string) => `'${text.replaceAll("'", "''")}'`
