import { alerts, settingName } from '../../shared/alerts/rules/index.js'

/** A Markdown table of all alerts, each with its section of the runbook. */
export function runbookIndex(): string {
  const rows = alerts.map(({ name, title, severity, threshold, signal }) => {
    const figure = typeof threshold === 'number' ? '' : `\`${settingName(threshold)}\``
    return `| [${name}](#${name}) | ${String(severity)} | ${title} | ${figure} | \`${signal.table}\` |`
  })
  return ['| alert | severity | when | threshold | read from |', '|---|--:|---|---|---|', ...rows, ''].join('\n')
}
