import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { chromium, type Locator, type Page } from 'playwright-core'
// Pictures of a running lake, for README and docs: `npm run pictures -- http://127.0.0.1:7071/api/lake`, while `npm start` runs.

const address = process.argv[2] ?? 'http://127.0.0.1:7071/api/lake'
const folder = resolve(import.meta.dirname, '..', 'docs', 'images')

const tables = {
  'monitor-logs':
    "SELECT strftime(run_time, '%H:%M:%S') AS run_time, table_name, status, reason, round(freshness_seconds, 1) AS freshness_seconds, lag, rows_added, quarantine_backlog, identity_closed FROM monitor_logs WHERE layer <> 'drift' ORDER BY monitor_logs.run_time DESC, table_name LIMIT 12",
  'cluster-logs':
    "SELECT strftime(end_time, '%H:%M:%S') AS end_time, step, stream, trigger, duration_ms, rows_in, rows_out, bytes_out, round(cpu_ms) AS cpu_ms, storage_reads, storage_writes, round(estimated_cost_usd * 1e6, 1) AS microdollars, outcome FROM cluster_logs ORDER BY cluster_logs.end_time DESC LIMIT 12",
}

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1160, height: 1080 } })
    await page.goto(address)
    // What is below the window is laid out after the first paint.
    await page.locator('html.whole').waitFor()
    await page.setViewportSize({ width: 1160, height: await endOf(page, 'freshness') })
    await page.screenshot({ path: join(folder, `page-${colorScheme}.png`) })
    if (colorScheme === 'light') {
      await page.locator('svg.picture').screenshot({ path: join(folder, 'pipeline.png') })
      for (const name of ['timeline', 'cost'])
        await sectionOf(page, name).screenshot({ path: join(folder, `page-${name}.png`) })
      for (const [name, sql] of Object.entries(tables)) {
        await (await answerTo(page, sql)).screenshot({ path: join(folder, `${name}.png`) })
        await page.reload()
      }
    }
    await page.close()
  }
} finally {
  await browser.close()
}

function sectionOf(page: Page, heading: string): Locator {
  return page.locator(`section[aria-labelledby="${heading}"]`).first()
}

/** How far down the page a section reaches, with the room below it. */
async function endOf(page: Page, heading: string): Promise<number> {
  const box = await sectionOf(page, heading).boundingBox()
  if (box === null) throw new Error(`The page has no section ${heading}.`)
  return Math.ceil(box.y + box.height) + 14
}

/** The table of an answer; a machine under load may take longer than a query of the page has. */
async function answerTo(page: Page, sql: string, tries = 4): Promise<Locator> {
  await page.locator('#statement').fill(sql)
  await page.locator('#query button').click()
  await page.locator('#answer p').waitFor({ timeout: 60_000 })
  const table = page.locator('#answer table')
  if ((await table.count()) > 0) return table
  if (tries > 1) return answerTo(page, sql, tries - 1)
  throw new Error(`The query has no answer: ${await page.locator('#answer').innerText()}`)
}
