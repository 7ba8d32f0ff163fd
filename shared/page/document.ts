import { ranges } from '../pipeline/overview/index.js'
import { Html, html } from './html.js'
import { linkTo } from './links.js'
import type { PageData } from './pageData.js'
import { script } from './script.js'
import {
  alertsSection,
  costSection,
  freshnessSection,
  healthSection,
  jobSection,
  lagSection,
  modelsSection,
  pictureSection,
  qualitySection,
  reconciliationSection,
  sqlSection,
  tablesSection,
  timelineSection,
  verdictSection,
} from './sections/index.js'
import { style } from './style.js'

// What their hashes are of is exactly what stands between the tags.
const styles = new Html(`<style>${style}</style>`)
const scripts = new Html(`<script>${script}</script>`)

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232563c9' d='M8 1 15 14H1z'/%3E%3C/svg%3E"

/** A whole document around what stands in `main`. */
export function document(title: string, head: Html, main: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="${icon}" />
        ${styles}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the figures</a>${head}
        <main id="main" tabindex="-1">${main}</main>
        <footer><span id="renewed" role="status"></span></footer>
        ${scripts}
      </body>
    </html> `.text
}

/** The page of a lake. Pure. */
export function renderPage(data: PageData): string {
  const isEmpty = data.overview.writtenAt === 0
  return document(`${titleOf(data)}Lake`, headOf(data), isEmpty ? startSection(data) : sectionsOf(data))
}

function sectionsOf(data: PageData): Html {
  return html`${[
    verdictSection(data),
    pictureSection(data),
    tablesSection(data),
    alertsSection(data),
    freshnessSection(data),
    lagSection(data),
    reconciliationSection(data),
    qualitySection(data),
    jobSection(data),
    timelineSection(data),
    modelsSection(data),
    costSection(data),
    healthSection(data),
    sqlSection(data),
  ]}`
}

function titleOf({ status, overview }: PageData): string {
  if (overview.writtenAt === 0) return ''
  const worst = ['DEGRADED', 'STALE', 'LATE', 'PAUSED'].find(word => status.tables.some(table => table.status === word))
  return worst === undefined ? '✓ ' : `${worst} · `
}

function headOf(data: PageData): Html {
  const tabs = ranges.map(range => {
    const current = range === data.request.range ? html` aria-current="true"` : undefined
    return html`<a href="${linkTo(data, { range })}" ${current}>${range}</a>`
  })
  return html`<header>
    <h1>Lake <small>${data.settings.lakeUrl}</small></h1>
    <nav aria-label="Range of time">${tabs}</nav>
  </header>`
}

/** What to do where nothing was looked at yet. */
function startSection(data: PageData): Html {
  return html`<section class="start" aria-labelledby="start">
    <h2 id="start">No figures yet</h2>
    <p>
      The monitor writes this page's figures, and it has not run on this lake. It runs by its schedule
      (<code>${data.settings.monitorSchedule}</code>), or at once:
    </p>
    <pre>npx lake run pipeline</pre>
    <p class="dim">
      Streams: ${data.streams.map(({ name }) => name).join(', ')}. Events come with <code>npm start</code> or
      <code>npx lake produce</code>.
    </p>
  </section>`
}
