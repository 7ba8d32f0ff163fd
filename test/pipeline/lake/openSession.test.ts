import { describe, expect, test } from 'vitest'

import { maintenanceSessions, sessionOptions } from '../../../shared/pipeline/lake/openSession.js'
import { readSettings } from '../../../shared/settings/index.js'

const megabyte = 2 ** 20
const lakeOf = (settings: Readonly<Record<string, string>>) => ({
  settings: readSettings({ LAKE_URL: 'file:///unused', ...settings }),
})

describe('what maintenance sorts with', () => {
  test.each(['512', '2048', '4096'])('is as little on an instance of %s MB as on the smallest', INSTANCE_MEMORY_MB => {
    const lake = lakeOf({ INSTANCE_MEMORY_MB })
    const usual = { ...sessionOptions(lake), threads: 1 }
    expect(maintenanceSessions(lake)).toEqual([{ ...usual, memoryLimit: 80 * megabyte }, usual])
  })

  test('is what the settings say, and spills where the steps do', () => {
    const lake = lakeOf({ DUCKDB_MEMORY_LIMIT: '300MB', TEMP_FOLDER: import.meta.dirname, TEMP_LIMIT: '1GB' })
    expect(maintenanceSessions(lake)).toEqual([{ ...sessionOptions(lake), threads: 1 }])
  })
})
