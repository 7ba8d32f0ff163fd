import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { FunctionHost } from '../../../infra/local/host/functionHost.js'
import { silentLogger } from '../../../shared/telemetry/index.js'
import { projectRoot } from '../../harness/projectRoot.js'

const folder = mkdtempSync(join(tmpdir(), 'function-host-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const app = `
import { app } from '@azure/functions'
for (const name of ['one', 'two']) {
  app.http(name, { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ jsonBody: globalThis.timersRun }) })
  app.timer('timer_' + name, {
    schedule: '0 0 0 1 1 *',
    runOnStartup: true,
    handler: () => void globalThis.timersRun.push(name),
  })
}
`

test('a function that an app setting switches off has no route and no timer', async () => {
  const timersRun: string[] = []
  Object.assign(globalThis, { timersRun })
  writeFileSync(join(folder, 'host.json'), '{ "version": "2.0" }')
  writeFileSync(join(folder, 'package.json'), '{ "main": "app.mjs", "type": "module" }')
  writeFileSync(join(folder, 'app.mjs'), app)
  symlinkSync(join(projectRoot(), 'node_modules'), join(folder, 'node_modules'))
  const host = await FunctionHost.start({
    folder,
    settings: { 'AzureWebJobs.one.Disabled': 'true', AzureWebJobs__timer_one__Disabled: '1' },
    port: 0,
    stateFolder: join(folder, 'state'),
    log: silentLogger,
  })
  try {
    expect((await fetch(`${host.url}/api/one`)).status).toBe(404)
    await expect.poll(() => timersRun).toEqual(['two'])
    expect(await (await fetch(`${host.url}/api/two`)).json()).toEqual(['two'])
  } finally {
    await host.stop()
  }
})
