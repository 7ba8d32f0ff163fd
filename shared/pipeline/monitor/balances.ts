import { backlogOf, type Balance, type Reconciliation, type Reported, type Span } from './reconciliation.js'

/**
 * Whether bronze's counts reconcile: all that was received is accounted for, every covered offset is a row, missing, a
 * hole or was deleted on purpose, and the table holds what the writers reported.
 */
export function bronzeBalance(reconciliation: Reconciliation, span: Span): Balance {
  const { reported, observed, settled } = reconciliation
  const { bronze: deleted } = reconciliation.deleted
  const wrong: string[] = []
  const kinds = ['valid', 'quarantined', 'tombstones', 'dropped', 'filtered', 'erased'] as const
  const kept = kinds.reduce((sum, kind) => sum + reported[kind], reported.redelivered + reported.expired)
  if (reported.received !== kept) wrong.push(`received ${reported.received}, accounted for ${kept}`)
  const { expired } = reported
  const offsets = BigInt(observed.rows + deleted + expired) + span.missing + span.holes
  if (span.covered !== offsets) {
    const terms = `rows + missing + holes${plus(deleted)}${expired === 0 ? '' : ' + expired'}`
    wrong.push(`${span.covered} offsets covered, but ${terms} = ${offsets}`)
  }
  // Which rows were deleted nobody says: of each kind at most those that are not there any more.
  const gone = kinds.reduce((sum, kind) => sum + reported[kind] - observed[kind], 0)
  for (const kind of kinds) {
    const fits = deleted === 0 ? reported[kind] === observed[kind] : reported[kind] >= observed[kind]
    if (!fits) wrong.push(`${reported[kind]} ${kind} written, ${observed[kind]} in the table`)
  }
  if (deleted > 0 && gone !== deleted) wrong.push(`${deleted} rows deleted on purpose, ${gone} gone from the table`)
  const unread = { missing: reported.missing - reported.recovered, holes: reported.holes }
  for (const kind of ['missing', 'holes'] as const) {
    if (BigInt(unread[kind]) !== span[kind]) wrong.push(`${unread[kind]} ${kind} reported, ${span[kind]} on record`)
  }
  const backlog = backlogOf(reconciliation)
  const outcomes = Object.entries(settled).filter(([, n]) => n > 0)
  const dealtWith = outcomes.reduce((sum, [, n]) => sum + n, 0)
  if (backlog !== undefined && observed.quarantined !== backlog + dealtWith)
    wrong.push(`${observed.quarantined} quarantined, ${backlog} in quarantine and ${dealtWith} settled`)
  const sums =
    `received ${reported.received} = redelivered ${reported.redelivered} + valid ${reported.valid} + quarantined ${reported.quarantined} + ` +
    `tombstones ${reported.tombstones}${leftOut(reported)}; covered ${span.covered} = rows ${observed.rows} + missing ${span.missing} + holes ${span.holes}${plus(deleted, true)}${term('expired', expired)}` +
    (outcomes.length === 0 || backlog === undefined
      ? ''
      : `; quarantined ${observed.quarantined} = waiting ${backlog}${outcomes.map(([name, n]) => ` + ${name} ${n}`).join('')}`)
  return { balanced: wrong.length === 0, text: wrong.length === 0 ? sums : wrong.join('; ') }
}

/**
 * Whether silver's counts reconcile: every valid row read was inserted or is a duplicate, and the table holds what was
 * inserted and not deleted on purpose. Bronze's rows are compared only when silver has read all of them.
 *
 * @param caughtUp whether silver's cursor stands at the version of bronze that was counted
 */
export function silverBalance(
  { silver, silverRows, observed, validLost, deleted: { silver: deleted } }: Reconciliation,
  caughtUp: boolean,
): Balance {
  const wrong: string[] = []
  const kept = silver.inserted + silver.duplicates
  if (silver.read + silver.replayed !== kept) {
    wrong.push(`valid ${silver.read} + replayed ${silver.replayed}, but inserted + duplicates = ${kept}`)
  }
  const { erased, expired } = silver
  if (silverRows + deleted + erased + expired !== silver.inserted) {
    const gone = { 'deleted on purpose': deleted, erased, expired }
    const losses = Object.entries(gone).map(([what, n]) => (n === 0 ? '' : `, ${n} ${what}`))
    wrong.push(`${silver.inserted} rows inserted, ${silverRows} in the table${losses.join('')}`)
  }
  const valid = observed.valid + validLost - silver.lostBefore
  if (caughtUp && silver.read !== valid) wrong.push(`${valid} valid rows in bronze, ${silver.read} read`)
  const sums =
    `valid ${silver.read} + replayed ${silver.replayed} = inserted ${silver.inserted} + duplicates ${silver.duplicates}` +
    (deleted + erased + expired === 0
      ? ''
      : `; inserted ${silver.inserted} = rows ${silverRows}${plus(deleted, true)}${term('erased', erased)}${term('expired', expired)}`)
  return { balanced: wrong.length === 0, text: wrong.length === 0 ? sums : wrong.join('; ') }
}

/**
 * Whether gold, once it has read all of silver, has every row of it that was not deleted on purpose.
 *
 * @param lost rows that silver has lost for good since it was created
 */
export function scoredBalance(
  { silverRows, scored, scoredRows, deleted: { gold: deleted } }: Reconciliation,
  lost: number,
): Balance {
  const { expired, erased, lostBefore } = scored
  const since = lost - lostBefore
  const left = `${silverRows}${term('lost', since)}`
  const right = `${scoredRows}${plus(deleted, true)}${term('erased', erased)}${term('expired', expired)}`
  if (silverRows + since === scoredRows + deleted + erased + expired)
    return { balanced: true, text: `silver ${left} = scored ${right}` }
  const onPurpose = deleted === 0 ? '' : `, ${deleted} deleted on purpose`
  const gone = since + erased + expired === 0 ? '' : ` (silver ${left}, scored ${right})`
  return { balanced: false, text: `${silverRows} rows in silver, ${scoredRows} scored${onPurpose}${gone}` }
}

/**
 * Whether the summary, once it has read all scored rows, stands for every one of them.
 *
 * @param lost scored rows that were removed for their age since the table was created
 */
export function summaryBalance(
  { scoredRows, summary, summarised, deleted: { summary: deleted } }: Reconciliation,
  lost: number,
): Balance {
  const { expired, lostBefore } = summarised
  const since = lost - lostBefore
  const [all, stoodFor] = [scoredRows + since, summary.events + expired]
  // For how many events a deleted window stood is not known any more: the difference cannot be computed then.
  const fits = deleted === 0 ? all === stoodFor : all >= stoodFor
  const [left, right] = [`${scoredRows}${term('lost', since)}`, `${summary.events}${term('expired', expired)}`]
  if (!fits) {
    const gone = since + expired === 0 ? '' : ` (scored ${left}, summarised ${right})`
    return { balanced: false, text: `${scoredRows} scored rows, ${summary.events} summarised${gone}` }
  }
  return {
    balanced: true,
    text: `scored ${left} = summarised ${right}${deleted === 0 ? '' : ` + those of ${deleted} windows deleted on purpose`}`,
  }
}

const leftOut = ({ dropped, filtered, erased, expired }: Reported) =>
  (dropped + filtered === 0 ? '' : ` + dropped ${dropped} + filtered ${filtered}`) +
  term('erased', erased) +
  term('expired', expired)

const term = (name: string, n: number) => (n === 0 ? '' : ` + ${name} ${n}`)

const plus = (deleted: number, amount = false) => (deleted === 0 ? '' : ` + deleted${amount ? ` ${deleted}` : ''}`)
