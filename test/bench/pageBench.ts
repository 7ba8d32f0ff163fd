import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type Browser, chromium } from 'playwright-core'

/** How a page came: medians over its visits. */
export interface PageMeasure {
  readonly name: string
  readonly figure: string
}

interface Visit {
  readonly answered: number
  readonly painted: number
  readonly bytes: number
}

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The least that a browser can paint: what of a first paint is the browser's and the machine's. */
const word = '<!doctype html><meta charset="utf-8"><title>word</title><link rel="icon" href="data:,"><p>word'

/** A new window loads pages of Chromium's own, which take the processors from the page that is measured. */
const settleMs = 1_000

/**
 * Opens the page of a running stack in a real browser, each time in a window that has seen no page, and a page of one
 * word in turn with it. The browser runs already, as somebody's does; its very first page stands by itself.
 *
 * @param address of the page
 * @throws where nothing answers there, or there is no Chromium
 */
export async function pageBench(address: string, visits = 15): Promise<readonly PageMeasure[]> {
  const executablePath = process.env['CHROMIUM'] ?? browsers.find(path => existsSync(path))
  if (executablePath === undefined) throw new Error('There is no Chromium here: apt-get install chromium.')
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end(word)
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const wordAddress = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const [pages, words, fresh]: [Visit[], Visit[], Visit[]] = [[], [], []]
  let cold: Visit
  try {
    cold = await visit(browser, address, 0)
    for (let turn = 0; turn < visits; turn++) {
      pages.push(await visit(browser, address, settleMs))
      words.push(await visit(browser, wordAddress, settleMs))
      fresh.push(await visit(browser, address, 0))
    }
  } finally {
    await browser.close()
    server.close()
  }
  const ms = (seen: readonly Visit[], of: 'answered' | 'painted') => `${median(seen.map(v => v[of])).toFixed(0)} ms`
  return [
    { name: 'answered whole', figure: ms(pages, 'answered') },
    { name: 'first paint', figure: ms(pages, 'painted') },
    { name: 'first paint of one word', figure: ms(words, 'painted') },
    { name: 'first paint while a window opens', figure: ms(fresh, 'painted') },
    { name: 'first paint of a browser just started', figure: `${cold.painted.toFixed(0)} ms` },
    { name: 'bytes', figure: median(pages.map(({ bytes }) => bytes)).toLocaleString('en-US') },
  ]
}

async function visit(browser: Browser, address: string, settle: number): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1160, height: 900 } })
  try {
    const page = await context.newPage()
    await page.waitForTimeout(settle)
    await page.goto(address)
    return await page.evaluate<Visit>(paintTimes)
  } finally {
    await context.close()
  }
}

/** In the page, where the types of this project's programs do not reach. */
const paintTimes = `new Promise(done => {
  const ready = () => {
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    if (paint === undefined) return setTimeout(ready, 20)
    const [{ responseEnd, encodedBodySize }] = performance.getEntriesByType('navigation')
    done({ answered: responseEnd, painted: paint.startTime, bytes: encodedBodySize })
  }
  ready()
})`

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
