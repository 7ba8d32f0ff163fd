import { existsSync } from 'node:fs'

import { chromium } from 'playwright-core'

/** How a page came: medians over its visits. */
export interface PageMeasure {
  readonly name: string
  readonly figure: string
}

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/**
 * Opens the page of a running stack in a real browser, each time as if for the first time.
 *
 * @param address of the page
 * @throws where nothing answers there, or there is no Chromium
 */
export async function pageBench(address: string, visits = 15): Promise<readonly PageMeasure[]> {
  const executablePath = process.env['CHROMIUM'] ?? browsers.find(path => existsSync(path))
  if (executablePath === undefined) throw new Error('There is no Chromium here: apt-get install chromium.')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const seen: { answered: number; painted: number; bytes: number }[] = []
  try {
    for (let visit = 0; visit < visits; visit++) {
      const context = await browser.newContext({ viewport: { width: 1160, height: 900 } })
      const page = await context.newPage()
      await page.goto(address)
      await page.locator('#main').waitFor()
      seen.push(await page.evaluate<(typeof seen)[number]>(paintTimes))
      await context.close()
    }
  } finally {
    await browser.close()
  }
  return [
    { name: 'answered whole', figure: `${median(seen.map(({ answered }) => answered)).toFixed(0)} ms` },
    { name: 'first paint', figure: `${median(seen.map(({ painted }) => painted)).toFixed(0)} ms` },
    { name: 'bytes', figure: median(seen.map(({ bytes }) => bytes)).toLocaleString('en-US') },
  ]
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
