import type { Alert, Condition, Signal } from './alert.js'
import { alerts } from './alerts.js'
import { timeColumn } from './signalRow.js'

/** The columns of a log table that any alert looks at, is told apart by, or says something of. */
export function alertColumns(table: Signal['table']): readonly string[] {
  const own = alerts.filter(({ signal }) => signal.table === table)
  return [...new Set([timeColumn[table], 'stream', ...own.flatMap(columnsOf)])].sort()
}

function columnsOf({ sentence, signal: { dimensions, where = [], amount, reading } }: Alert): readonly string[] {
  const conditions: readonly Condition[] = [...where, ...(amount.when ?? [])]
  const per = 'per' in reading ? [reading.per] : []
  return [
    ...dimensions,
    ...conditions.map(({ column }) => column),
    ...(amount.column === undefined || amount.column === '' ? [] : [amount.column]),
    ...per,
    ...[...sentence.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) => (figures.has(name) ? [] : [name])),
  ]
}

/** What sentences name that is no column. */
const figures: ReadonlySet<string> = new Set(['value', 'threshold', 'subject'])
