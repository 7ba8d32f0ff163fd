import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { renderPage } from '../../shared/page/document.js'
import { pageHeaders } from '../../shared/page/securityHeaders.js'
import { events } from '../harness/sampleStream/events.js'
import { orders } from '../harness/threeStreams/orders.js'
import { dataOf, now, overviewOf, rowsOf } from './pageFixture.js'

const textOf = (html: string) =>
  html
    .replace(/<(style|script)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')

describe('the page', () => {
  test('of a lake that was never looked at says what to do', () => {
    const text = textOf(renderPage(dataOf(undefined)))
    expect(text).toContain('npx lake run pipeline')
    expect(text).toContain('Streams: events')
  })

  test('answers the question first, and shows the figures of the rows', () => {
    const text = textOf(renderPage(dataOf(overviewOf(rowsOf()))))
    expect(text).toContain('The data is fresh and complete.')
    expect(text).toContain('1,234,567 received = 0 redelivered + 1,234,500 valid + 67 rejected')
    expect(text).toContain('60 in quarantine , 67 rejected in all')
    expect(text).toMatch(/NOT_UTF8 0 0/)
    expect(text).toMatch(/value is finite 0/)
    for (const task of ['01_stream_kafka_to_bronze', '02_bronze_to_silver_cleanse', '03_monitor_silver_events'])
      expect(text).toContain(task)
  })

  test('each equation adds up, after a replay, an erasure, an expiry and a deletion too', () => {
    const bronze = { quarantined: 60n, erased: 3n, expired: 4n, deleted: 2n, received: 1_234_569n }
    const rows = rowsOf().map(row => {
      if (row['layer'] === 'bronze') return { ...row, ...bronze }
      return row['layer'] === 'silver' ? { ...row, replayed: 387n, inserted: 1_234_387n } : row
    })
    const page = renderPage(dataOf(overviewOf(rows)))
    const equations = [...page.matchAll(/class="equation"\s*>([\s\S]*?)<\/td>/g)].map(([, text = '']) =>
      textOf(text.replace(/<small[\s\S]*/, '')),
    )
    expect(equations.join('\n')).toMatch(/\+ 3 erased \+ 4 expired \+ 2 deleted[\s\S]* valid \+ 387 replayed = /)
    for (const equation of equations) {
      const [whole, parts] = equation
        .split('=')
        .map(side => (side.match(/[\d,]+/g) ?? []).reduce((sum, n) => sum + Number(n.replaceAll(',', '')), 0))
      expect(whole, equation).toBe(parts)
    }
  })

  test('a table that is not in order is named with its sentence and the command that repairs it', () => {
    const rows = rowsOf('events').map(row =>
      row['layer'] === 'silver'
        ? { ...row, status: 'DEGRADED', reason: 'The counts do not reconcile.', identity_closed: false }
        : row,
    )
    const page = renderPage(dataOf(overviewOf(rows)))
    const text = textOf(page)
    expect(text).toContain('Not in order: silver.events DEGRADED.')
    expect(text).toContain('The counts do not reconcile.')
    expect(text).toContain('npx lake rebuild silver --stream events')
    expect(page).toMatch(/<tr\s+class="bad"/)
  })

  test('fields that the contract lacks stand in one line, with the line for the contract', () => {
    const undeclared = JSON.stringify([{ field: 'country', records: 2, line: 'country: z.string().optional()' }])
    const rows = rowsOf().map(row => ({ ...row, undeclared_fields: row['layer'] === 'bronze' ? undeclared : null }))
    const text = textOf(renderPage(dataOf(overviewOf(rows))))
    expect(text).toContain('Fields that the contract lacks: country in 2 records (country: z.string().optional())')
    expect(textOf(renderPage(dataOf(overviewOf(rowsOf()))))).not.toContain('the contract lacks')
  })

  test('a paused stream is named, with who paused it and how it goes on, and is no fault', () => {
    const pauses = new Map([['events', { stream: 'events', since: now - 60_000, by: 'ada', why: '<b>moved' }]])
    const page = renderPage(dataOf(overviewOf(rowsOf()), {}, [events], {}, pauses))
    const text = textOf(page)
    expect(text).toContain('The data is complete. Paused: events.')
    expect(text).toContain('by ada: <b>moved.')
    expect(text).toContain('npx lake resume events')
    expect(page).toContain('<title>PAUSED · Lake</title>')
    expect(page).not.toContain('<b>moved')
  })

  test('alerts that fire stand with their sentence and runbook, and on the timeline, where what is routine leaves them room', () => {
    const alert = { alert: 'lag', about: 'bronze.<b>', sentence: 'Too <i>many wait.', since: now - 600_000 }
    const shown = { ...alert, title: 'Lag', severity: 1, sinceIsKnown: true, runbook: 'infra/RUNBOOK.md#lag' } as const
    const rejected = (n: number) =>
      ({ at: now - n * 1_000, kind: 'rejected', about: 'bronze.events', text: '1 record rejected' }) as const
    const compacted = (n: number) => ({ ...rejected(n), kind: 'compacted', text: '9 rows into larger files' }) as const
    const erased = { at: now - 900_000, kind: 'erased', about: 'erase of events', text: '3 rows taken out' } as const
    const data = dataOf(
      overviewOf(rowsOf(), {
        events: [...Array.from({ length: 60 }, (_, n) => [rejected(n), compacted(n)]).flat(), erased],
      }),
    )
    const changes = (['resolved', 'fired'] as const).map((state, n) => ({ ...alert, at: now - 800_000 - n, state }))
    const page = renderPage({ ...data, alerts: { firing: [shown], changes } })
    const text = textOf(page)
    expect(text).toMatch(/Lag\s+error\s+10 min ago\s+Too <i>many wait\.\s+infra\/RUNBOOK\.md#lag/)
    expect(text).toContain('3 rows taken out')
    for (const kind of ['fired', 'resolved', 'erased']) expect(page).toContain(`kind ${kind}`)
    expect(page).not.toMatch(/<[bi]>many|bronze\.<b>/)
    for (const routine of ['rejected', 'compacted'])
      expect(page.match(new RegExp(`kind ${routine}`, 'g'))).toHaveLength(5)
    expect(textOf(renderPage(data))).toContain('None fires.')
  })

  test('a monitor that is silent is no lake in order', () => {
    const overview = overviewOf(rowsOf().map(row => ({ ...row, run_time: BigInt(now - 3_600_000) * 1000n })))
    expect(textOf(renderPage(dataOf(overview)))).toContain('Not in order: the monitor is silent')
  })

  test('runs and is styled by what the policy has the hashes of, and by nothing else', () => {
    const page = renderPage(dataOf(overviewOf(rowsOf())))
    const policy = pageHeaders['content-security-policy'] ?? ''
    const hash = (text = '') => createHash('sha256').update(text).digest('base64')
    const bodies = (tag: string) =>
      [...page.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, body]) => body)
    expect(bodies('script').map(hash)).toEqual([/script-src 'sha256-([^']+)'/.exec(policy)?.[1]])
    expect(bodies('style').map(hash)).toEqual([/style-src 'sha256-([^']+)'/.exec(policy)?.[1]])
    expect(page.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '')).not.toMatch(
      /\s(style|on\w+)=|javascript:|https?:\/\/(?!www\.w3\.org)/,
    )
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })

  test('stays small, with many streams, forty partitions and a long history too', () => {
    expect(gzipSync(renderPage(dataOf(overviewOf(rowsOf())))).length).toBeLessThan(30_000)
    const names = Array.from({ length: 30 }, (_, n) => `a_stream_with_quite_a_long_name_that_goes_on_${String(n)}`)
    const lags = JSON.stringify(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [n, n * 1000])))
    const overview = overviewOf(names.flatMap(name => rowsOf(name, { partition_lags: lags })))
    const streams = names.map(name => ({ ...events, name, topic: name }))
    const page = renderPage(dataOf(overview, {}, streams))
    expect(gzipSync(page).length).toBeLessThan(60_000)
    expect(textOf(page)).toContain('and 22 more streams')
  })

  test.each(['1h', '24h', '7d'] as const)('keeps its range of time, %s, in links', range => {
    const page = renderPage(dataOf(overviewOf(rowsOf()), { range }))
    expect(page).toMatch(new RegExp(`href="\\?range=${range}"\\s+aria-current="true"`))
    expect(page).toContain(`?range=${range}&#38;sql=`)
  })

  test('keeps the key in links and forms for browsers without scripts', () => {
    const page = renderPage(dataOf(overviewOf(rowsOf()), { code: 'k"e y' }))
    const links = [...page.matchAll(/(?:href|action)="([^"]*)"/g)]
      .map(([, link = '']) => link)
      .filter(link => /^(\?|lake)/.test(link))
    expect(links.length).toBeGreaterThan(5)
    expect(links.filter(link => !link.includes('code=k%22e+y'))).toEqual([])
  })

  test('tables have headers, figures have names, and the way to the figures is short', () => {
    const page = renderPage(dataOf(overviewOf(rowsOf())))
    expect(page).toMatch(/<html lang="en">/)
    expect(page.match(/<h1/g)?.length).toBe(1)
    expect(page.match(/<table/g)?.length).toBe(page.match(/<thead/g)?.length)
    expect(page.match(/<th(?=[ >])(?![^>]*scope=)/g)).toBeNull()
    expect(page.match(/<svg(?![^>]*(role="img"|aria-hidden="true"))/g)).toBeNull()
    expect(page).toContain('href="#main"')
  })
})

describe('hostile text', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '</style><style>*{display:none}',
    '\u0000\u001b[2J\u202e',
    '__proto__',
    "'; DROP TABLE silver.events; --",
    'x'.repeat(10_000_000),
  ]

  test.each(hostile.map(text => [text.slice(0, 40), text]))('%s is shown as text wherever it comes from', (_, text) => {
    const rows = rowsOf().map(row => ({
      ...row,
      reason: text,
      identity: text,
      expectations: JSON.stringify({ [text]: 3 }),
      undeclared_fields: JSON.stringify([{ field: text, records: 1, line: text }]),
    }))
    const odd = { ...rowsOf()[1], table_name: text, layer: text, status: text, stream: 'events' }
    const example = { stream: 'events', code: text, path: text, message: text, partition: 0, offset: text, value: text }
    const run = {
      start: now - 9_000,
      end: now - 8_000,
      outcome: text,
      rowsIn: 1,
      rowsOut: 1,
      trigger: text,
      error: text,
    }
    const overview = overviewOf([...rows, odd], {
      examples: [example],
      events: [{ at: now - 5_000, kind: 'failed', about: text, text }],
      models: [{ stream: 'events', uri: text, version: text, fault: text }],
      tasks: [
        {
          step: text,
          stream: text,
          runs: [run],
          timeline: {
            '1h': { stepMs: 60_000, at: [], values: { runs: [], committed: [], failed: [], rowsOut: [], seconds: [] } },
          } as never,
        },
      ],
    })
    const clean = renderPage(
      dataOf(
        overviewOf([...rowsOf(), { ...odd, table_name: 'plain' }], {
          examples: [{ ...example, code: 'C', path: 'p', message: 'm', offset: '1', value: 'v' }],
        }),
      ),
    )
    const page = renderPage(dataOf(overview, { sql: text.slice(0, 9_000), code: text.slice(0, 99) }))
    for (const tag of ['script', 'style', 'img', 'iframe'])
      expect(page.match(new RegExp(`<${tag}`, 'g'))?.length, tag).toBe(clean.match(new RegExp(`<${tag}`, 'g'))?.length)
    expect(page).not.toMatch(/[\u0000\u001b\u202e]/)
    expect(page.length).toBeLessThan(600_000)
  })

  test('a stream whose name is of every object, and one of another, are both there', () => {
    const streams = [{ ...events, name: 'constructor' }, orders]
    const overview = overviewOf([...rowsOf('constructor'), ...rowsOf('orders')])
    const text = textOf(renderPage(dataOf(overview, {}, streams)))
    expect(text).toContain('bronze.constructor')
    expect(text).toContain('bronze.orders')
  })
})
