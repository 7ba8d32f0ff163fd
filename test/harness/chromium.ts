import { existsSync } from 'node:fs'

import { type Browser, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's Chromium, without a window. @throws where there is none: a page that was looked at in no browser is not tested */
export function openBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? places.find(path => existsSync(path))
  if (executablePath === undefined)
    throw new Error('There is no Chromium here: apt-get install chromium, or name one in CHROMIUM.')
  // As root, in a container, Chromium's own sandbox cannot be set up; the pages are our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}
