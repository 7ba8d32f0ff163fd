import { describe, expect, test } from 'vitest'

import {
  bronzeBalance,
  scoredBalance,
  silverBalance,
  summaryBalance,
} from '../../../shared/pipeline/monitor/balances.js'
import { emptyReconciliation, type Reconciliation, type Span } from '../../../shared/pipeline/monitor/reconciliation.js'

/** Counts that reconcile: 100 offsets of bronze, of which silver has 80 rows and gold all of them. */
const balanced: Reconciliation = {
  ...emptyReconciliation,
  reported: {
    received: 97,
    redelivered: 2,
    valid: 90,
    quarantined: 3,
    tombstones: 2,
    dropped: 0,
    filtered: 0,
    erased: 0,
    expired: 0,
    missing: 1,
    holes: 4,
    recovered: 0,
  },
  observed: { rows: 95, valid: 90, quarantined: 3, tombstones: 2, dropped: 0, filtered: 0, erased: 0 },
  waiting: { NOT_JSON: { count: 1, oldest: 0 } },
  settled: { replayed: 1, duplicate: 0, purged: 1, erased: 0, expired: 0 },
  silver: { read: 90, inserted: 80, duplicates: 11, replayed: 1, erased: 0, expired: 0, lostBefore: 0 },
  silverRows: 80,
  scoredRows: 80,
  summary: { rows: 7, events: 80 },
}
const span: Span = { covered: 100n, missing: 1n, holes: 4n }

/** Every number by one more and by one less, where it can be. */
const off = [1, -1]

describe('counts that reconcile', () => {
  test('reconcile, layer by layer', () => {
    for (const balance of [
      bronzeBalance(balanced, span),
      silverBalance(balanced, true),
      scoredBalance(balanced, 0),
      summaryBalance(balanced, 0),
    ])
      expect(balance.balanced, balance.text).toBe(true)
  })

  test('reconcile with rows deleted on purpose, and not without knowing of them', () => {
    const gone: Reconciliation = {
      ...balanced,
      observed: { rows: 90, valid: 86, quarantined: 2, tombstones: 2, dropped: 0, filtered: 0, erased: 0 },
      waiting: {},
      silverRows: 75,
      scoredRows: 70,
      summary: { rows: 7, events: 60 },
    }
    const told: Reconciliation = { ...gone, deleted: { bronze: 5, silver: 5, gold: 5, summary: 1 } }
    const identities = (accounts: Reconciliation) =>
      [
        bronzeBalance(accounts, span),
        silverBalance(accounts, false),
        scoredBalance(accounts, 0),
        summaryBalance(accounts, 0),
      ].map(balance => balance.balanced)
    expect(identities(told)).toEqual([true, true, true, true])
    expect(identities(gone)).toEqual([false, false, false, false])
  })
})

describe('bronze is open', () => {
  const kinds = [
    'received',
    'redelivered',
    'valid',
    'quarantined',
    'tombstones',
    'dropped',
    'filtered',
    'missing',
    'holes',
  ] as const
  test.each(kinds.flatMap(kind => off.map(by => [kind, by] as const)))('where the commits say %s %i', (kind, by) => {
    expect(
      bronzeBalance({ ...balanced, reported: { ...balanced.reported, [kind]: balanced.reported[kind] + by } }, span)
        .balanced,
    ).toBe(false)
  })

  const counted = ['rows', 'valid', 'quarantined', 'tombstones'] as const
  test.each(counted.flatMap(kind => off.map(by => [kind, by] as const)))('where the table has %s %i', (kind, by) => {
    expect(
      bronzeBalance({ ...balanced, observed: { ...balanced.observed, [kind]: balanced.observed[kind] + by } }, span)
        .balanced,
    ).toBe(false)
  })

  const terms = ['covered', 'missing', 'holes'] as const
  test.each(terms.flatMap(term => off.map(by => [term, by] as const)))('where the progress says %s %i', (term, by) => {
    expect(bronzeBalance(balanced, { ...span, [term]: span[term] + BigInt(by) }).balanced).toBe(false)
  })

  test('where a row became another kind of row', () => {
    expect(
      bronzeBalance(
        {
          ...balanced,
          observed: { rows: 95, valid: 89, quarantined: 4, tombstones: 2, dropped: 0, filtered: 0, erased: 0 },
        },
        span,
      ).balanced,
    ).toBe(false)
  })

  test.each(off)('where rows were deleted on purpose and %i more went', by => {
    const accounts = {
      ...balanced,
      observed: { rows: 90 - by, valid: 85 - by, quarantined: 3, tombstones: 2, dropped: 0, filtered: 0, erased: 0 },
      deleted: { ...balanced.deleted, bronze: 5 },
    }
    expect(bronzeBalance(accounts, { ...span, covered: 100n - BigInt(by) }).balanced).toBe(false)
  })

  test('where rows of one kind were deleted and ones of another came', () => {
    const accounts = {
      ...balanced,
      observed: { rows: 90, valid: 84, quarantined: 4, tombstones: 2, dropped: 0, filtered: 0, erased: 0 },
      deleted: { ...balanced.deleted, bronze: 5 },
    }
    expect(bronzeBalance(accounts, span).balanced).toBe(false)
  })
})

describe('silver is open', () => {
  const kinds = ['read', 'inserted', 'duplicates', 'replayed'] as const
  test.each(kinds.flatMap(kind => off.map(by => [kind, by] as const)))('where its commits say %s %i', (kind, by) => {
    expect(
      silverBalance({ ...balanced, silver: { ...balanced.silver, [kind]: balanced.silver[kind] + by } }, false)
        .balanced,
    ).toBe(false)
  })

  test.each(off)('where its table has %i rows beside what was inserted', by => {
    expect(silverBalance({ ...balanced, silverRows: balanced.silverRows + by }, false).balanced).toBe(false)
  })

  test.each(off)('where it has read all and bronze has %i rows beside that', by => {
    const accounts = { ...balanced, observed: { ...balanced.observed, valid: balanced.observed.valid + by } }
    expect(silverBalance(accounts, true).balanced).toBe(false)
    expect(silverBalance(accounts, false).balanced).toBe(true)
  })
})

describe('gold is open', () => {
  test.each(off)('where it has %i rows beside those of silver', by => {
    expect(scoredBalance({ ...balanced, scoredRows: balanced.scoredRows + by }, 0).balanced).toBe(false)
  })

  test.each(off)('where its summary stands for %i events beside its rows', by => {
    expect(
      summaryBalance({ ...balanced, summary: { rows: 7, events: balanced.summary.events + by } }, 0).balanced,
    ).toBe(false)
  })

  test('where its summary stands for more than its rows, although windows were deleted on purpose', () => {
    expect(
      summaryBalance({ ...balanced, summary: { rows: 7, events: 81 }, deleted: { ...balanced.deleted, summary: 1 } }, 0)
        .balanced,
    ).toBe(false)
  })
})

describe('rows whose time is over', () => {
  /** Of 80 rows 30 are gone from silver, 25 of them from gold, and 10 of those from the summary. */
  const ended: Reconciliation = {
    ...balanced,
    reported: { ...balanced.reported, valid: 60, quarantined: 3, tombstones: 0, expired: 32 },
    observed: { rows: 63, valid: 60, quarantined: 3, tombstones: 0, dropped: 0, filtered: 0, erased: 0 },
    validLost: 30,
    silver: { ...balanced.silver, expired: 30 },
    silverRows: 50,
    scored: { expired: 25, erased: 0, lostBefore: 0 },
    scoredRows: 55,
    summarised: { expired: 10, lostBefore: 0 },
    summary: { rows: 7, events: 70 },
  }
  const balances = (r: Reconciliation) => [
    bronzeBalance(r, span),
    silverBalance(r, true),
    scoredBalance(r, 30),
    summaryBalance(r, 25),
  ]

  test('are a term of their own in every layer', () => {
    for (const { balanced: fits, text } of balances(ended)) expect([fits, text]).toEqual([true, text])
    expect(balances(ended).map(({ text }) => /expired \d+/.exec(text)?.[0])).toEqual([
      'expired 32',
      'expired 30',
      'expired 25',
      'expired 10',
    ])
  })

  test.each(off)('do not hide that %i more are gone, in whatever layer', by => {
    const wrong: readonly Partial<Reconciliation>[] = [
      { observed: { ...ended.observed, rows: 63 + by, valid: 60 + by } },
      { silverRows: 50 + by },
      { scoredRows: 55 + by },
      { summary: { rows: 7, events: 70 + by } },
    ]
    for (const [layer, more] of wrong.entries()) expect(balances({ ...ended, ...more })[layer]?.balanced).toBe(false)
  })

  test('before a table was made again are not its own', () => {
    const again = { ...ended, scored: { expired: 0, erased: 0, lostBefore: 25 }, scoredRows: 55 }
    expect(scoredBalance(again, 30)).toMatchObject({ balanced: true, text: 'silver 50 + lost 5 = scored 55' })
  })
})
