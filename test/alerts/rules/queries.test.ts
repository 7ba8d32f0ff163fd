import { describe, expect, test } from 'vitest'

import { workbookCharts } from '../../../infra/bicep/index.js'
import {
  alertColumns,
  alertKql,
  alerts,
  alertSql,
  evaluateAlerts,
  settingName,
  thresholdsPlace,
} from '../../../shared/alerts/rules/index.js'
import { DuckDbSession, literal } from '../../../shared/query/index.js'
import { readSettings, settingNames } from '../../../shared/settings/index.js'
import type { LogData } from '../../../shared/telemetry/index.js'
import { runLine } from '../../../shared/telemetry/index.js'
import type { Row, Value } from '../../../shared/types/index.js'
import { Random, seedNote } from '../../random.js'
import { DrivenLake } from '../drivenLake.js'
import { kqlFaults } from './kqlCheck.js'

const kql = [
  ...alerts.map(
    alert => [alert.name, alertKql(alert).replace(thresholdsPlace, '{"default":300,"orders":3600}')] as const,
  ),
  ...workbookCharts.map(({ title, query }) => [title, query] as const),
]

describe('KQL', () => {
  test('the check sees a word that is none, a column that is not there, and a type that does not fit', () => {
    expect(kqlFaults('traces | were timestamp > ago(5m)').length).toBeGreaterThan(0)
    expect(kqlFaults('traces | summarize sum(nothing)').length).toBeGreaterThan(0)
    expect(kqlFaults('traces | where timestamp + message > 3').length).toBeGreaterThan(0)
  })

  test.each(kql)('%s is understood', (_, query) => {
    expect(kqlFaults(query)).toEqual([])
  })

  test('what queries take of a row is in every row that is logged', async () => {
    const rows: Record<string, readonly LogData[]> = { monitor_logs: [], cluster_logs: [] }
    await using d = await DrivenLake.open({}, [
      {
        ended: (run, written) => (rows['cluster_logs'] = [...(rows['cluster_logs'] ?? []), runLine(run, written)]),
        observed: some => (rows['monitor_logs'] = [...(rows['monitor_logs'] ?? []), ...some]),
      },
    ])
    await d.turn()
    for (const [name, query] of kql) {
      const [, table = ''] = /startswith '\{"row":"(\w+)"'/.exec(query) ?? []
      const logged = rows[table] ?? []
      expect(logged.length, name).toBeGreaterThan(0)
      const columns = [...query.matchAll(/\brow\.(\w+)/g)].map(([, column = '']) => column)
      for (const row of logged)
        expect(
          columns.filter(column => !(column in row)),
          name,
        ).toEqual([])
    }
  })
})

test('every threshold is a setting that exists, and every setting of one belongs to an alert', () => {
  const used = alerts.flatMap(({ threshold }) => (typeof threshold === 'number' ? [] : [settingName(threshold)]))
  expect([...used, 'ALERT_WEBHOOK_URL'].sort()).toEqual(settingNames.filter(name => name.startsWith('ALERT_')).sort())
})

describe('SQL', () => {
  const now = Date.UTC(2025, 3, 1, 12)
  const settings = readSettings({
    LAKE_URL: 'file:///unused',
    ALERT_LAG: '50, orders=80',
    ALERT_MIN_ROWS: '40',
    ALERT_QUARANTINE_RATE: '0.4, events=0.6',
    ALERT_FAILURES: '3',
    ALERT_RETRIES: '2',
    ALERT_COST_PER_HOUR: '9, events=12',
    ALERT_LATE_SECONDS: '60',
    ALERT_STALE_SECONDS: '90',
  })
  const random = new Random()

  function rowOf(columns: Readonly<Record<string, () => Value>>): Row {
    return Object.fromEntries(Object.entries(columns).map(([name, draw]) => [name, draw()]))
  }
  const number = (end: number) => () => (random.below(4) === 0 ? null : random.below(end))
  const time = () => BigInt(now - random.below(70 * 60_000)) * 1000n
  const text =
    (...values: (string | null)[]) =>
    () =>
      random.pick(values)
  const monitorRow = () => {
    const stream = random.pick(['events', 'orders'])
    const layer = random.pick(['bronze', 'silver', 'gold', 'drift'])
    return rowOf({
      run_time: time,
      stream: () => stream,
      table_name: () => `${layer}.${stream}`,
      layer: () => layer,
      status: text('OK', 'LATE', 'DEGRADED'),
      identity_closed: () => random.pick([true, false, null]),
      paused: () => random.pick([true, false, null]),
      freshness_seconds: number(120),
      rows_added: number(30),
      lag: number(120),
      seconds_to_drain: number(2000),
      quarantine_oldest_seconds: number(200_000),
      newly_missing: number(2),
      newly_quarantined: number(20),
      stopped_partitions: number(3),
      model_fault_seconds: number(8000),
      versions_since_checkpoint: number(2000),
      small_files: number(4000),
    })
  }
  const runRow = () =>
    rowOf({
      end_time: time,
      stream: text('events', 'orders', null),
      step: text('bronze', 'silver', 'monitor'),
      trigger: text('kafka', 'timer', null),
      outcome: text('committed', 'failed', 'conflict', 'unfinished'),
      estimated_cost_usd: number(3),
    })

  test('says of a monitor that last ran before the window what the evaluation says', async () => {
    await using session = await DuckDbSession.open()
    const alert = alerts.find(({ name }) => name === 'monitor-silent')
    if (alert === undefined) throw new Error('no such alert')
    for (const minutes of [59, 61, 69]) {
      const row = { ...monitorRow(), run_time: BigInt(now - minutes * 60_000) * 1000n }
      await load(session, 'monitor_logs', [row], rowNames['monitor_logs'] ?? [])
      const fired = evaluateAlerts({ monitor_logs: [row], cluster_logs: [] }, now, settings)
      const { rows } = await session.query(alertSql(alert, settings, `make_timestamp(${String(now * 1000)})`))
      const seconds = Math.min(60, minutes) * 60
      expect(fired.filter(one => one.alert === alert.name).map(({ value }) => value)).toEqual([seconds])
      expect(rows.map(({ value }) => Number(value))).toEqual([seconds])
    }
  })

  test('an alert looks at no other columns than are kept of the rows, its sentence included', () => {
    const kept = (table: 'monitor_logs' | 'cluster_logs', rows: readonly Row[]) => {
      const names = new Set(alertColumns(table))
      return rows.map(row => Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))))
    }
    let fired = 0
    for (let round = 0; round < 50; round++) {
      const monitor_logs = Array.from({ length: 60 }, (_, i) => ({ ...monitorRow(), reason: `reason ${i}`, other: i }))
      const cluster_logs = Array.from({ length: 60 }, (_, i) => ({
        ...runRow(),
        error_message: `error ${i}`,
        other: i,
      }))
      const all = evaluateAlerts({ monitor_logs, cluster_logs }, now, settings)
      const few = { monitor_logs: kept('monitor_logs', monitor_logs), cluster_logs: kept('cluster_logs', cluster_logs) }
      expect(evaluateAlerts(few, now, settings), seedNote).toEqual(all)
      fired += all.length
    }
    expect(fired).toBeGreaterThan(50)
    expect([...alertColumns('monitor_logs'), ...alertColumns('cluster_logs')]).not.toContain('other')
  })

  test('finds what the evaluation finds, whatever the rows are', async () => {
    await using session = await DuckDbSession.open()
    for (let round = 0; round < 12; round++) {
      const count = random.below(120)
      const rows = {
        monitor_logs: Array.from({ length: count }, monitorRow),
        cluster_logs: Array.from({ length: count }, runRow),
      }
      for (const [table, all] of Object.entries(rows)) await load(session, table, all, rowNames[table] ?? [])
      for (const alert of alerts) {
        const expected = evaluateAlerts(rows, now, settings)
          .filter(one => one.alert === alert.name)
          .map(one => [one.stream ?? '', one.table ?? one.step ?? '', Number(one.value.toFixed(6))])
        const { rows: found } = await session.query(alertSql(alert, settings, `make_timestamp(${String(now * 1000)})`))
        const asked = found.map(row => [
          row['stream'] ?? '',
          row['table_name'] ?? row['step'] ?? '',
          Number(Number(row['value']).toFixed(6)),
        ])
        expect(asked.sort(), `${alert.name} ${seedNote}`).toEqual(expected.sort())
      }
    }
  })

  const rowNames: Readonly<Record<string, readonly string[]>> = {
    monitor_logs: Object.keys(monitorRow()),
    cluster_logs: Object.keys(runRow()),
  }

  async function load(session: DuckDbSession, table: string, rows: readonly Row[], names: readonly string[]) {
    const type = (name: string) =>
      name.endsWith('_time')
        ? 'TIMESTAMP'
        : name === 'identity_closed'
          ? 'BOOLEAN'
          : /stream|table_name|layer|status|step|trigger|outcome/.test(name)
            ? 'VARCHAR'
            : 'DOUBLE'
    await session.run(
      `CREATE OR REPLACE TABLE ${table} (${names.map(name => `"${name}" ${name === 'stopped_partitions' ? 'DOUBLE' : type(name)}`).join(', ')})`,
    )
    const sql = (value: Value | undefined) =>
      typeof value === 'bigint'
        ? `make_timestamp(${String(value)})`
        : typeof value === 'string'
          ? literal(value)
          : value === null || value === undefined
            ? 'NULL'
            : JSON.stringify(value)
    if (rows.length > 0)
      await session.run(
        `INSERT INTO ${table} VALUES ${rows.map(row => `(${names.map(name => sql(row[name])).join(', ')})`).join(', ')}`,
      )
  }
})
