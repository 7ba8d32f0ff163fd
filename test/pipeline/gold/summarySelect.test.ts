import { expect, test } from 'vitest'
import { z } from 'zod'

import { decimal, defineStream, timestamp } from '../../../shared/contract/index.js'
import { summarySelect } from '../../../shared/pipeline/gold/summarySelect.js'
import { DuckDbSession } from '../../../shared/query/index.js'

const payments = defineStream({
  name: 'payments',
  topic: 'payments',
  schema: z.object({
    id: z.string(),
    at: timestamp(),
    amount: decimal(38, 18),
    units: decimal(38, 0),
    price: decimal(10, 2),
  }),
  key: 'id',
  eventTime: 'at',
  allowedLateness: '1 minute',
  dedupeWithin: '1 day',
})

/** Sums of amounts, units and prices, unscaled, as the summary has them. */
async function sums(rows: readonly (readonly [amount: string, units: string, price: string])[]) {
  await using session = await DuckDbSession.open({ threads: 1 })
  const values = rows.map(r => `(${r.map(v => (v === 'NULL' ? v : `'${v}'`)).join(', ')})`).join(', ')
  await session.run(`CREATE TABLE scored AS
    SELECT TIMESTAMPTZ '2025-04-01 00:00:00Z' AS at, now() AS _ingested_at, false AS _late, 0.5 AS score, false AS is_anomaly,
      CAST(a AS DECIMAL(38, 18)) AS amount, CAST(u AS DECIMAL(38, 0)) AS units, CAST(p AS DECIMAL(10, 2)) AS price
    FROM (VALUES ${values}) AS v(a, u, p)`)
  const columns = ['at', '_ingested_at', '_late', 'score', 'is_anomaly', 'amount', 'units', 'price']
  const row = await session.row(summarySelect(payments, 'scored', columns))
  return [row['amount_sum'], row['units_sum'], row['price_sum']]
}

const most = '9'.repeat(38)

test('long decimals are summed to the last digit, signs and nulls among them', async () => {
  expect(
    await sums([
      ['12345678901234567890.123456789012345678', '-7', '0.05'],
      ['-0.000000000000000001', most, '-0.10'],
      ['NULL', 'NULL', 'NULL'],
    ]),
  ).toEqual([12345678901234567890123456789012345677n, BigInt(most) - 7n, -5n])
})

test('a small sum keeps its leading zeros behind the point', async () => {
  expect(await sums([['-0.000000000000000042', '0', '0.01']])).toEqual([-42n, 0n, 1n])
})

test('a sum with more digits than a column holds is null, and does not stop the query', async () => {
  const big = `${'9'.repeat(20)}.${'9'.repeat(18)}`
  expect(
    await sums([
      [big, most, '1.00'],
      [big, most, '1.00'],
    ]),
  ).toEqual([null, null, 200n])
})
