import { expect, test } from 'vitest'

import { alerts } from '../../shared/alerts/rules/index.js'
import { answerSql, lakePage } from '../../shared/page/index.js'
import { catchUp, runMonitor, runPipeline } from '../../shared/pipeline/index.js'
import type { Lake } from '../../shared/pipeline/lake/index.js'
import { range, sampleLake } from './lakeFixture.js'

const own = { level: 'function', header: () => undefined, url: 'http://127.0.0.1/api/lake' } as const

/** The queries that the page's links put into its box. */
function queriesOf(page: string): readonly string[] {
  const addresses = [...page.matchAll(/href="(\?[^"]*sql=[^"]*)"/g)].map(([, address = '']) => address)
  const plain = addresses.map(address => address.replaceAll('&#38;', '&').split('#')[0] ?? '')
  return [...new Set(plain.map(address => new URLSearchParams(address).get('sql') ?? ''))]
}

test('every number leads to its rows: each query that the page links to is answered', async () => {
  await using f = await sampleLake({ PAGE_SQL: 'on' })
  f.append(range(0, 20))
  f.source.append(f.stream.topic, [
    { key: null, value: Buffer.from('no JSON'), timestamp: f.clock.now(), partition: 0 },
  ])
  await runPipeline(f.lake, 'command')
  const firing = alerts.map(({ name, title, severity, signal }) => ({
    alert: name,
    title,
    severity,
    about: signal.dimensions.length === 0 ? '' : "o'ne",
    sentence: 'Two.',
    since: 0,
    sinceIsKnown: true,
    runbook: name,
  }))
  await f.lake.store.put('_alerts/board.json', Buffer.from(JSON.stringify({ firing, changes: [] })))
  const queries = await answeredQueries(f.lake)
  const tables = ['bronze.events', 'silver.events', 'monitor_logs', 'cluster_logs', 'lag, partition_lags', "o''ne"]
  for (const name of tables) expect(queries.join('\n')).toContain(name)
})

test('a chart leads to the rows of the time that it shows, and a table to its newest', async () => {
  await using f = await sampleLake({ PAGE_SQL: 'on' })
  f.append(range(0, 5))
  await runPipeline(f.lake, 'command')
  const queries = await answeredQueries(f.lake)
  const of = (column: string) => queries.find(sql => sql.startsWith(`SELECT run_time, ${column}`)) ?? ''
  const [, since = ''] = /'bronze\.events' AND run_time >= TIMESTAMP '([^']+)' /.exec(of('lag, partition_lags')) ?? []
  const before = f.clock.now() - Date.parse(since)
  expect(before).toBeGreaterThan(50 * 60_000)
  expect(before).toBeLessThan(70 * 60_000)
  expect(of('status, reason')).toMatch(/WHERE table_name = '[^']+' ORDER BY run_time DESC LIMIT 100$/)
})

test('a number of a table that is not there yet leads nowhere', async () => {
  await using f = await sampleLake({ PAGE_SQL: 'on' })
  f.append(range(0, 5))
  await catchUp(f.lake, 'command')
  await runMonitor(f.lake, 'command')
  expect((await answeredQueries(f.lake)).join('\n')).toContain('bronze.events')
})

/** The queries of the page, all of which must be answered. */
async function answeredQueries(lake: Lake): Promise<readonly string[]> {
  const { body } = await lakePage(lake, own, new URLSearchParams({ range: '1h' }))
  const queries = queriesOf(body)
  for (const sql of queries) {
    const { status } = await answerSql(lake, own, new URLSearchParams({ sql }))
    expect({ sql, status }).toEqual({ sql, status: 200 })
  }
  return queries
}
