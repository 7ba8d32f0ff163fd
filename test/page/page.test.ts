import { describe, expect, test } from 'vitest'

import { answerSql, lakePage, runTaskNow } from '../../shared/page/index.js'
import { runMonitor } from '../../shared/pipeline/index.js'
import { range, sampleLake } from './lakeFixture.js'

const own = { level: 'function', header: () => undefined, url: 'http://127.0.0.1/api/lake' } as const
const foreign = { ...own, header: (name: string) => (name === 'sec-fetch-site' ? 'cross-site' : undefined) }
const form = (fields: Record<string, string>) => new URLSearchParams(fields)

describe('requests of the page', () => {
  test('of a lake without tables it says what to do, and after a run it has the figures', async () => {
    await using f = await sampleLake()
    expect((await lakePage(f.lake, own, form({}))).body).toContain('npx lake run pipeline')
    f.append(range(0, 5))
    expect((await runTaskNow(f.lake, own, form({ task: '01_stream_kafka_to_bronze' }))).status).toBe(200)
    await runMonitor(f.lake, 'timer')
    const { status, body, headers } = await lakePage(f.lake, own, form({ range: '7d' }))
    expect(status).toBe(200)
    expect(body).toContain('bronze.events')
    expect(headers['cache-control']).toBe('no-store')
    expect(headers['referrer-policy']).toBe('no-referrer')
  })

  test('a lake that cannot be read is said in a sentence, without what is secret', async () => {
    await using f = await sampleLake()
    f.store.get = () => Promise.reject(new Error('no answer from https://a.example?sig=abc%2Fdef%3D'))
    const { status, body } = await lakePage(f.lake, own, form({}))
    expect(status).toBe(503)
    expect(body).not.toContain('abc%2Fdef')
  })

  test('a query is answered where the setting has it on, and only of the own page', async () => {
    await using off = await sampleLake()
    expect((await answerSql(off.lake, own, form({ sql: 'SELECT 1' }))).status).toBe(403)
    await using f = await sampleLake({ PAGE_SQL: 'on' })
    expect((await answerSql(f.lake, foreign, form({ sql: 'SELECT 1' }))).status).toBe(403)
    const { status, body } = await answerSql(f.lake, own, form({ sql: "SELECT '<b>' AS x" }))
    expect(status).toBe(200)
    expect(body).toContain('&#60;b&#62;')
    expect((await answerSql(f.lake, own, form({ sql: 'DROP TABLE x' }))).status).toBe(400)
    expect((await answerSql(f.lake, own, form({ sql: `SELECT ${'1+'.repeat(9_000)}1` }))).status).toBe(413)
  })

  test('a task that is none runs nothing, and none is run for another page', async () => {
    await using f = await sampleLake()
    expect((await runTaskNow(f.lake, own, form({ task: '__proto__' }))).status).toBe(404)
    expect((await runTaskNow(f.lake, own, form({}))).status).toBe(404)
    expect((await runTaskNow(f.lake, foreign, form({ task: '03_monitor_silver_events' }))).status).toBe(403)
  })
})
