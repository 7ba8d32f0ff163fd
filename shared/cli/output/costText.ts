import type { CostReport, StepCost, TableCost } from '../../pipeline/cost/index.js'
import { defaultPrices } from '../../telemetry/index.js'
import { inWords, type JsonObject } from '../../types/index.js'

/** What `lake cost` says: as JSON, and as lines for people. */

/** Columns of {@link costRecords}: US dollars where nothing else is said. */
export const costColumns = [
  'step',
  'stream',
  'tables',
  'runs',
  'idleRuns',
  'executions',
  'gigabyteSeconds',
  'compute',
  'reads',
  'writes',
  'lists',
  'deletes',
  'total',
  'share',
  'rowsOut',
  'bytesOut',
  'perMillionRows',
  'perGigabyte',
] as const

/** Those that fit on a terminal. */
export const shortCostColumns = [
  'step',
  'stream',
  'runs',
  'idleRuns',
  'compute',
  'reads',
  'writes',
  'lists',
  'total',
  'share',
  'perMillionRows',
] as const

/** Columns of {@link tableCostRecords}, which fit on a terminal. */
export const tableCostColumns = [
  'table',
  'stream',
  'steps',
  'runs',
  'compute',
  'storage',
  'maintenance',
  'total',
  'share',
  'rowsOut',
  'perMillionRows',
  'perGigabyte',
] as const

/** Figures are read by people: what is beyond the fifth digit says nothing. */
const rounded = (value: number) => Number(value.toPrecision(5))
const orNull = (value: number | undefined) => (value === undefined ? null : rounded(value))

/** Each step of each stream, and all together. */
export function costRecords({ steps, total }: CostReport): readonly JsonObject[] {
  return [...steps, total].map(record)
}

/** Each table; runs that are about several tables, or none, are by step and have no table. */
export function tableCostRecords({ tables }: CostReport): readonly JsonObject[] {
  return tables.map((cost: TableCost) => ({
    table: cost.table ?? null,
    stream: cost.stream ?? null,
    steps: cost.steps.join(' '),
    runs: cost.runs,
    compute: rounded(cost.compute),
    storage: rounded(cost.storage),
    maintenance: rounded(cost.maintenance),
    total: rounded(cost.total),
    share: rounded(cost.share),
    rowsOut: cost.rowsOut,
    perMillionRows: orNull(cost.perMillionRows),
    perGigabyte: orNull(cost.perGigabyte),
  }))
}

function record(cost: StepCost): JsonObject {
  return {
    step: cost.step,
    stream: cost.stream ?? null,
    tables: cost.tables.length === 0 ? null : cost.tables.join(' '),
    runs: cost.runs,
    idleRuns: cost.idleRuns,
    executions: cost.executions,
    gigabyteSeconds: rounded(cost.gigabyteSeconds),
    compute: rounded(cost.compute),
    reads: rounded(cost.parts.reads),
    writes: rounded(cost.parts.writes),
    lists: rounded(cost.parts.lists),
    deletes: rounded(cost.parts.deletes),
    total: rounded(cost.total),
    share: rounded(cost.share),
    rowsOut: cost.rowsOut,
    bytesOut: cost.bytesOut,
    perMillionRows: orNull(cost.perMillionRows),
    perGigabyte: orNull(cost.perGigabyte),
  }
}

/** The same in one record: sums, the month, the lever and the conditions. */
export function costSummary(report: CostReport): JsonObject {
  const { total, span, prices } = report
  return {
    total: rounded(total.total),
    perMillionEvents: orNull(total.perMillionRows),
    perGigabyte: orNull(total.perGigabyte),
    events: total.rowsOut,
    compute: rounded(total.compute),
    storage: rounded(total.storage),
    maintenance: rounded(report.maintenance),
    month: orNull(report.month),
    lever: report.lever?.sentence ?? null,
    runs: total.runs,
    executions: total.executions,
    from: span === undefined ? null : new Date(span.from).toISOString(),
    to: span === undefined ? null : new Date(span.to).toISOString(),
    recorded: rounded(report.recorded),
    runsInFuture: report.ahead,
    instanceMemoryBytes: report.instanceMemoryBytes,
    prices: { ...prices },
  }
}

/** What stands below the table. */
export function costText(report: CostReport): string {
  const { total, maintenance, month, lever, span, recorded } = report
  const ahead =
    report.ahead === 0 ? [] : [`${report.ahead} runs lie in the future, as a clock was or is wrong: they are left out.`]
  if (span === undefined) return ['No run ended in that time.', ...ahead].map(line => `${line}\n`).join('')
  const { reads, writes, lists, deletes } = total.parts
  const length = inWords((span.to - span.from) / 1000)
  const lines = [
    `${usd(total.perMillionRows)} per million events, ${usd(total.perGigabyte)} per GB that bronze wrote (${total.rowsOut} events, ${total.bytesOut} bytes).`,
    `Compute ${usd(total.compute)} (${rounded(total.gigabyteSeconds)} GB-seconds, ${total.executions} executions; ${usd(total.parts.minimum)} of it for the least time of short ones), storage operations ${usd(total.storage)} (reads ${usd(reads)}, writes ${usd(writes)}, listings ${usd(lists)}, deletions ${usd(deletes)}); ${usd(maintenance)} of both is maintenance.`,
    ...(lever === undefined ? [] : [lever.sentence]),
    month === undefined
      ? `A month is not projected: ${length} of runs are too few, it takes 10 min.`
      : `A month (30 days) as those ${length}: ${usd(month)}.`,
    '',
    `Conditions: ${total.runs} runs from ${time(span.from)} to ${time(span.to)}; each as if its instance had done nothing else. Not in it: network, storage capacity, Kafka.`,
    `Prices (USD): ${priceList(report)}.`,
    ...ahead,
    `The runs put down ${usd(recorded)} themselves, by the prices of then.`,
  ]
  return lines.map(line => `${line}\n`).join('')
}

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Small amounts keep their first digits. */
function usd(value: number | undefined): string {
  if (value === undefined) return 'nothing known'
  if (value === 0) return '$0'
  return `$${value >= 1 ? value.toFixed(2) : Number(value.toPrecision(3)).toString()}`
}

function priceList({ prices, instanceMemoryBytes }: CostReport): string {
  const named = [
    ['COST_PER_GB_SECOND', prices.perGigabyteSecond, defaultPrices.perGigabyteSecond],
    ['COST_PER_MILLION_EXECUTIONS', prices.perMillionExecutions, defaultPrices.perMillionExecutions],
    ['COST_PER_10K_READS', prices.per10000Reads, defaultPrices.per10000Reads],
    ['COST_PER_10K_WRITES', prices.per10000Writes, defaultPrices.per10000Writes],
  ] as const
  const settings = named.map(([name, price, list]) => `${name} ${price}${price === list ? '' : ' (set)'}`)
  return [
    ...settings,
    `INSTANCE_MEMORY_MB ${Math.round(instanceMemoryBytes / 1024 ** 2)}`,
    `an execution at least ${prices.minimumExecutionMs} ms; prices of ${prices.asOf}`,
  ].join(', ')
}
