import { join } from 'node:path'

import { expect, test } from 'vitest'

import { loadApp } from '../../infra/local/host/index.js'
import { silentLogger } from '../../shared/telemetry/index.js'

// An app is loaded once a process, so that this stands in a file of its own.
test('models are trained by a timer where a schedule is set for it', async () => {
  process.env['TRAIN_SCHEDULE'] = '0 0 3 * * 0'
  const folder = join(import.meta.dirname, '..', '..')
  const importFile = (file: string) => import(file)
  const app = await loadApp({ folder, log: silentLogger, importFile, main: 'functions/*.ts' })
  expect(app.functions.find(f => f.name === 'training')?.trigger).toMatchObject({ schedule: '%TRAIN_SCHEDULE%' })
})
