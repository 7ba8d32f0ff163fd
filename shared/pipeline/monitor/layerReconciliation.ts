import { asObject, type Row } from '../../types/index.js'
import type { Additions } from './additions.js'
import type { EndedRows } from './endedRows.js'
import { numberIn } from './measure.js'
import { withWaiting } from './observeQuarantine.js'
import { addCounts, emptyReconciliation, type Layer, type Reconciliation, type Reported } from './reconciliation.js'
import { withReported } from './sourceDrift.js'

/** Without what is known of a layer: of its table there is another one now. */
export function clearLayer(reconciliation: Reconciliation, layer: Layer): Reconciliation {
  const {
    reported,
    observed,
    waiting,
    settled,
    validLost,
    silver,
    rejections,
    expectations,
    notices,
    undeclared,
    silverRows,
    scoredRows,
    anomalies,
    summary,
    scored,
    summarised,
  } = emptyReconciliation
  const newest = { ...reconciliation.newest, [layer]: 0 }
  const deleted = { ...reconciliation.deleted, [layer]: 0 }
  if (layer === 'bronze')
    return {
      ...reconciliation,
      reported,
      observed,
      waiting,
      settled,
      validLost,
      rejections,
      expectations,
      notices,
      undeclared,
      newest,
      deleted,
    }
  if (layer === 'silver') return { ...reconciliation, silver, silverRows, newest, deleted }
  if (layer === 'gold') return { ...reconciliation, scored, scoredRows, anomalies, newest, deleted }
  return { ...reconciliation, summarised, summary, newest, deleted }
}

/** What was counted in files that came to a layer, and in those that left it for their age. */
export interface CountedRows {
  readonly measured: readonly Row[]
  readonly ended: EndedRows
}

/** With what was added to a layer: as it is counted, and as the commits report it. */
export function reconcileLayer(
  before: Reconciliation,
  layer: Layer,
  additions: Additions,
  { measured, ended }: CountedRows,
): Reconciliation {
  const deleted = { ...before.deleted, [layer]: additions.deleted + (additions.rebuilt ? 0 : before.deleted[layer]) }
  const base = { ...(additions.recounted ? clearObserved(before, layer) : before), deleted }
  const sum = (name: string) => measured.reduce((total, row) => total + numberIn(row, name), -(ended[name] ?? 0))
  const newest = {
    ...base.newest,
    [layer]: measured.reduce((max, row) => Math.max(max, numberIn(row, 'newest')), base.newest[layer]),
  }
  if (layer === 'bronze') {
    const observed = {
      rows: sum('rows'),
      valid: sum('valid'),
      quarantined: sum('quarantined'),
      tombstones: sum('tombstones'),
      dropped: sum('dropped'),
      filtered: sum('filtered'),
      erased: sum('erased'),
    }
    return additions.infos.reduce<Reconciliation>(addBronzeReport, {
      ...base,
      // Which of those that are gone had waited, and which were settled, is found by counting again.
      waiting: (ended['quarantined'] ?? 0) > 0 ? undefined : withWaiting(base.waiting, measured),
      observed: addCounts(base.observed, observed),
      newest,
    })
  }
  if (layer === 'silver') {
    return additions.infos.reduce<Reconciliation>(addSilverReport, {
      ...base,
      silverRows: base.silverRows + sum('rows'),
      newest,
    })
  }
  if (layer === 'gold') {
    const scored = additions.infos.reduce<Reconciliation['scored']>(
      (sums, info) => withGoldReport('scored', sums, info),
      base.scored,
    )
    const rows = { scoredRows: base.scoredRows + sum('rows'), anomalies: base.anomalies + sum('anomalies') }
    return { ...base, ...rows, scored, newest }
  }
  const summarised = additions.infos.reduce<Reconciliation['summarised']>(
    (sums, info) => withGoldReport('summarised', sums, info),
    base.summarised,
  )
  return { ...base, summary: addCounts(base.summary, { rows: sum('rows'), events: sum('events') }), summarised, newest }
}

/** With what a commit of a table of gold says of rows that it lost; a rebuild begins anew. */
function withGoldReport<K extends 'scored' | 'summarised'>(
  table: K,
  sums: Reconciliation[K],
  info: Readonly<Record<string, unknown>>,
): Reconciliation[K] {
  const gold = asObject(info['gold'])
  if (gold === undefined) return sums
  const before = gold['rebuilt'] === true ? emptyReconciliation[table] : sums
  return addCounts(before, pick(gold, Object.keys(before)))
}

function clearObserved(reconciliation: Reconciliation, layer: Layer): Reconciliation {
  const { observed, waiting, settled } = emptyReconciliation
  if (layer === 'bronze') return { ...reconciliation, observed, waiting, settled }
  if (layer === 'silver') return { ...reconciliation, silverRows: 0 }
  if (layer === 'gold') return { ...reconciliation, scoredRows: 0, anomalies: 0 }
  return { ...reconciliation, summary: emptyReconciliation.summary }
}

function addBronzeReport(reconciliation: Reconciliation, info: Readonly<Record<string, unknown>>): Reconciliation {
  const bronze = asObject(info['bronze'])
  if (bronze === undefined) return reconciliation
  const ranges = Array.isArray(bronze['ranges']) ? bronze['ranges'].map(r => asObject(r) ?? {}) : []
  const reported = ranges.reduce<Reported>(
    (sum, range) => addCounts(sum, pick(range, Object.keys(sum))),
    reconciliation.reported,
  )
  const [erased, expired] = [counts(bronze['erased']), counts(bronze['expired'])]
  return {
    ...reconciliation,
    reported: addCounts(withMoved(withMoved(reported, 'erased', erased), 'expired', expired), {
      recovered: Number(bronze['recovered'] ?? 0),
    }),
    validLost: reconciliation.validLost + (erased['valid'] ?? 0) + (expired['valid'] ?? 0),
    rejections: addCounts(reconciliation.rejections, counts(bronze['rejections'])),
    expectations: addCounts(reconciliation.expectations, counts(bronze['expectations'])),
    notices: addCounts(reconciliation.notices, counts(bronze['notices'])),
    undeclared: withReported(reconciliation.undeclared, bronze['undeclared']),
  }
}

/** Rows that were something else when they were written. */
function withMoved(reported: Reported, to: 'erased' | 'expired', rows: Readonly<Record<string, number>>): Reported {
  const all = Object.values(rows).reduce((sum, n) => sum + n, 0)
  const moved = Object.fromEntries(Object.entries(rows).map(([kind, n]) => [kind, -n]))
  return addCounts(addCounts(reported, moved), { [to]: all })
}

function addSilverReport(reconciliation: Reconciliation, info: Readonly<Record<string, unknown>>): Reconciliation {
  const silver = asObject(info['silver'])
  if (silver === undefined) return reconciliation
  // A rebuild reads everything again, and says so: its counts replace the sum so far.
  const before = silver['rebuilt'] === true ? emptyReconciliation.silver : reconciliation.silver
  return { ...reconciliation, silver: addCounts(before, pick(silver, Object.keys(before))) }
}

function pick(record: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map(name => [name, Number(record[name] ?? 0)]))
}

function counts(json: unknown): Record<string, number> {
  const record = asObject(json) ?? {}
  return pick(record, Object.keys(record))
}
