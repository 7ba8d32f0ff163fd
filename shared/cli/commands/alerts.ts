import { type AlertReport, readAlerts } from '../../alerts/index.js'
import { alerts as allAlerts, alertSql } from '../../alerts/rules/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { alertColumns, alertRecords, alertText, type Format, formatOf, printRecords } from '../output/index.js'
import { watch, watchOption, watchSeconds } from '../watching.js'

/**
 * `lake alerts`: which alerts fire.
 * @throws CliError STEP_FAILED after the list when one fires
 */
export const alerts: Command = {
  usage: 'alerts',
  summary: 'which alerts fire, since when, and the section of the runbook',
  about:
    'Prints the alerts that fire by the rows that monitor_logs and cluster_logs have of the last hour: severity (0 is ' +
    'critical), since when, the sentence, and the section of infra/RUNBOOK.md. They are those that Azure Monitor watches, ' +
    'by the thresholds in the settings ALERT_…. Exits with 1 when one fires. --watch prints them again until Ctrl-C; a ' +
    'number behind it says after how many seconds (10 without). --sql prints the queries of all alerts instead, to be run ' +
    'by lake sql.',
  printsRows: true,
  examples: ['lake alerts', 'lake alerts --stream events --format jsonl', 'lake alerts --watch 5', 'lake alerts --sql'],
  positionals: { least: 0, most: 1 },
  options: {
    stream: { value: 'NAME', about: 'only the alerts of that stream, and those of none' },
    watch: watchOption,
    sql: { about: 'the queries, whether an alert fires or not' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const seconds = watchSeconds(args, 'alerts')
    await using lake = await openCliLake(context, args)
    const name = args.text('stream')
    const only = name === undefined ? undefined : streamNamed(lake, name).name
    if (args.flag('sql')) {
      const queries = allAlerts.map(alert => ({ alert: alert.name, sql: alertSql(alert, lake.settings) }))
      await printRecords(context.output, format, ['alert', 'sql'], queries)
      return
    }
    const read = () => alertsOf(readAlerts(lake), only)
    const print = (report: AlertReport) => printAlerts(context, format, report)
    if (seconds !== undefined) await watch(context, lake, seconds, read, print)
    const report = await read()
    await print(report)
    const names = [...new Set(report.firing.map(one => one.alert))]
    if (names.length > 0) throw new CliError('STEP_FAILED', `Alerts fire: ${names.join(', ')}.`)
  },
}

async function alertsOf(reading: Promise<AlertReport>, stream: string | undefined): Promise<AlertReport> {
  const report = await reading
  if (stream === undefined) return report
  return { ...report, firing: report.firing.filter(one => one.stream === undefined || one.stream === stream) }
}

async function printAlerts(context: CommandContext, format: Format, report: AlertReport): Promise<void> {
  if (format === 'table') await context.output.write(alertText(report))
  else await printRecords(context.output, format, alertColumns, alertRecords(report))
}
