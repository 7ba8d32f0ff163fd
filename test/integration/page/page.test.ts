import { join } from 'node:path'

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { FunctionHttpServer, loadApp, routesOf } from '../../../infra/local/host/index.js'
import { runMonitor, runSilver } from '../../../shared/pipeline/index.js'
import { processLake } from '../../../shared/pipeline/lake/index.js'
import { silentLogger } from '../../../shared/telemetry/index.js'
import { openBrowser } from '../../harness/chromium.js'
import { BronzeFixture, eventRecord, range } from '../../pipeline/bronze/bronzeFixture.js'

vi.mock('../../../shared/pipeline/lake/processLake.js', () => ({ processLake: vi.fn(), closeProcessLake: vi.fn() }))

const key = 'sesame opens'
const hostile = [
  '"><img src=x onerror=alert(1)>',
  '\u0000\u001b[2J',
  '{"__proto__":1}',
  "'; DROP TABLE x; --",
  '<script>alert(1)</script>',
]

let browser: Browser
let lake: BronzeFixture
let server: FunctionHttpServer
let address: string

beforeAll(async () => {
  browser = await openBrowser()
  lake = await BronzeFixture.open({ settings: { DUCKDB_MEMORY_LIMIT: '256MB', PAGE_SQL: 'on' } })
  lake.append(range(0, 40))
  lake.source.append(
    'events',
    hostile.map(value => ({ ...eventRecord(1), value: Buffer.from(value) })),
  )
  await lake.deliver(range(0, 40 + hostile.length))
  for (let look = 0; look < 2; look++) {
    await runSilver(lake.lake, 'timer')
    await runMonitor(lake.lake, 'timer')
    lake.clock.advance(60_000)
  }
  vi.mocked(processLake).mockResolvedValue(lake.lake)
  for (const name of Object.keys(process.env))
    if (/^(KAFKA|EVENTHUBS|LAKE|PAGE)_|_SCHEDULE$|^SOURCE$/.test(name)) Reflect.deleteProperty(process.env, name)
  const folder = join(import.meta.dirname, '..', '..', '..')
  const app = await loadApp({ folder, log: silentLogger, importFile: file => import(file), main: 'functions/*.ts' })
  server = new FunctionHttpServer(app, routesOf(app.functions, 'api'), silentLogger, key)
  address = `${await server.listen(0)}/api/lake`
})

afterAll(async () => {
  await browser.close()
  await server.stop()
  await lake[Symbol.asyncDispose]()
})

/** A tab, and what its browser has to complain of: errors, policy, requests to others. */
async function open(options: BrowserContextOptions = {}, query = `?code=${encodeURIComponent(key)}`) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(error.message))
  page.on('dialog', dialog => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', request => {
    const { origin, protocol } = new URL(request.url())
    if (protocol !== 'data:' && origin !== new URL(address).origin) complaints.push(`request to ${request.url()}`)
  })
  const response = await page.goto(`${address}${query}`)
  return { page, complaints, status: response?.status(), [Symbol.asyncDispose]: () => context.close() }
}

/** All of it: what is below the window has no text before it is laid out. */
async function textOf(page: Page): Promise<string> {
  await page.locator('html.whole').waitFor()
  return await page.locator('main').innerText()
}

describe('the page in a browser', () => {
  test('shows the figures of the tables, without an error, a violation of its policy or a request to others', async () => {
    await using tab = await open()
    const rows = await lake.read('monitor_logs')
    const text = await textOf(tab.page)
    for (const name of ['bronze.events', 'silver.events']) {
      const total = rows.filter(row => row['table_name'] === name).at(-1)?.['rows_total'] as bigint
      expect(total).toBeGreaterThan(0n)
      const shown = await tab.page
        .locator('#tables ~ .wide tbody tr', { hasText: name })
        .locator('td')
        .last()
        .innerText()
      expect(shown).toBe(total.toLocaleString('en-US'))
    }
    expect(text).toContain(`${String(hostile.length)} in quarantine`)
    await tab.page.locator('summary').first().click()
    expect(await textOf(tab.page)).toContain('<script>alert(1)</script>')
    expect(tab.complaints).toEqual([])
  })

  test('takes the key out of its address and links, and goes on with it', async () => {
    await using tab = await open()
    expect(tab.page.url()).not.toContain('code')
    expect(await tab.page.content()).not.toContain('sesame')
    await tab.page.getByRole('link', { name: '7d' }).click()
    await tab.page.waitForURL(/range=7d/)
    await tab.page.getByRole('link', { name: '7d' }).and(tab.page.locator('[aria-current]')).waitFor()
    expect(tab.page.url()).not.toContain('code')
    expect(tab.complaints).toEqual([])
  })

  test('answers a query and runs a task, from the keyboard alone', async () => {
    await using tab = await open()
    const { page } = tab
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the figures')
    await page.keyboard.press('Enter')
    await page.locator('#statement').focus()
    await page.keyboard.press('Control+A')
    await page.keyboard.type("SELECT count(*) AS n, '<i>' AS t FROM bronze.events")
    await page.keyboard.press('Control+Enter')
    await page.locator('#answer table').waitFor()
    expect(await page.locator('#answer tbody td').allInnerTexts()).toEqual([String(40 + hostile.length), '<i>'])
    await page.getByRole('button', { name: 'Run 03_monitor_silver_events' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('#renewed', { hasText: 'committed' }).waitFor()
    expect(tab.complaints).toEqual([])
  })

  test('every part that is reached by Tab has a name', async () => {
    await using tab = await open()
    const nameless = await tab.page.evaluate(`
      [...document.querySelectorAll('a, button, textarea, summary, [tabindex="0"], svg[role=img], nav, section')]
        .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length))
        .map(e => e.outerHTML.slice(0, 80))`)
    expect(nameless).toEqual([])
    expect(await tab.page.locator('h1').count()).toBe(1)
  })

  test.each([
    ['wide', 1280, 'light'],
    ['narrow', 360, 'light'],
    ['narrow', 360, 'dark'],
    ['wide', 1280, 'dark'],
  ] as const)(
    '%s, %i points, %s: nothing sticks out, and text stands off its ground',
    async (_, width, colorScheme) => {
      await using tab = await open({ viewport: { width, height: 800 }, colorScheme })
      const seen = await tab.page.evaluate(`({
      out: document.documentElement.scrollWidth - innerWidth,
      ground: getComputedStyle(document.body).backgroundColor,
      text: getComputedStyle(document.body).color,
    })`)
      const { out, ground, text } = seen as { out: number; ground: string; text: string }
      expect(out).toBeLessThanOrEqual(0)
      const light = (color: string) => Math.max(...(color.match(/\d+/g) ?? []).slice(0, 3).map(Number))
      expect(light(ground) > 128).toBe(colorScheme === 'light')
      expect(Math.abs(light(ground) - light(text))).toBeGreaterThan(128)
      expect(tab.complaints).toEqual([])
    },
  )

  test('without scripts it shows the same, its links keep the key, and its forms work', async () => {
    await using scripted = await open()
    await using tab = await open({ javaScriptEnabled: false })
    const { page } = tab
    const verdict = page.locator('.big')
    expect(await verdict.innerText()).toBe(await scripted.page.locator('.big').innerText())
    expect(await page.locator('svg').count()).toBe(await scripted.page.locator('svg').count())
    await page.getByRole('link', { name: '24h' }).click()
    expect(await page.getByRole('link', { name: '24h' }).getAttribute('aria-current')).toBe('true')
    await page.locator('#statement').fill('SELECT count(*) FROM silver.events')
    await page.locator('#query button').click()
    expect(await page.locator('#answer tbody td').innerText()).toBe('40')
    expect(tab.complaints).toEqual([])
  })

  test.each([true, false])('an address with a part of it leads there, scripts %s', async javaScriptEnabled => {
    await using tab = await open({ javaScriptEnabled }, `?code=${encodeURIComponent(key)}#health`)
    const isLaidOut = `document.getElementById('job').checkVisibility({ contentVisibilityAuto: true })`
    // What is far from the window waits for the first paint; a browser without scripts lays it out where one scrolls.
    if (javaScriptEnabled) await vi.waitUntil(() => tab.page.evaluate(isLaidOut), 20_000)
    const top = `document.getElementById('health').getBoundingClientRect().top`
    await vi.waitFor(async () => {
      const place = await tab.page.evaluate<[number, number]>(`[${top}, innerHeight]`)
      expect(place[0]).toBeGreaterThanOrEqual(0)
      expect(place[0]).toBeLessThan(place[1])
    }, 20_000)
    expect(tab.complaints).toEqual([])
  })

  test('a figure leads to the section that it comes from, and nothing is asked for again', async () => {
    await using tab = await open()
    const requests: string[] = []
    tab.page.on('request', request => requests.push(request.url()))
    await tab.page.locator('.tiles a[href="#quality"]').click()
    await tab.page.waitForURL(/#quality$/)
    await tab.page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    expect(requests).toEqual([])
    expect(tab.complaints).toEqual([])
  })

  test('nobody sees it without the key, with another one, or by the header of a person signed in', async () => {
    const ask = async (query: string, headers: Record<string, string> = {}) =>
      (await fetch(`${address}${query}`, { headers })).status
    expect(await ask('')).toBe(401)
    expect(await ask('?code=sesame')).toBe(401)
    expect(await ask('', { 'x-functions-key': 'wrong' })).toBe(401)
    expect(await ask('', { 'x-ms-client-principal': 'e30=', 'x-ms-client-principal-id': 'me' })).toBe(401)
    const form = { method: 'POST', body: new URLSearchParams({ sql: 'SELECT 1' }) }
    expect((await fetch(`${address}/sql`, form)).status).toBe(401)
    expect((await fetch(`${address}/run`, form)).status).toBe(401)
    const foreign = { 'x-functions-key': key, origin: 'https://evil.example' }
    expect((await fetch(`${address}/sql`, { ...form, headers: foreign })).status).toBe(403)
  })
})
