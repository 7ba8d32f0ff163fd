import { describe, expect, test } from 'vitest'

import { maintenanceSessionOptions, sessionOptions } from '../../../shared/pipeline/lake/openSession.js'
import { readSettings } from '../../../shared/settings/index.js'

const megabyte = 2 ** 20
const lakeOf = (settings: Readonly<Record<string, string>>) => ({
  settings: readSettings({ LAKE_URL: 'file:///unused', ...settings }),
})

describe('what maintenance sorts with', () => {
  test.each(['512', '2048', '4096'])('is as little on an instance of %s MB as on the smallest', INSTANCE_MEMORY_MB => {
    expect(maintenanceSessionOptions(lakeOf({ INSTANCE_MEMORY_MB })).memoryLimit).toBe(128 * megabyte)
  })

  test('is what the settings say, and spills where the steps do', () => {
    const lake = lakeOf({ DUCKDB_MEMORY_LIMIT: '300MB', TEMP_FOLDER: import.meta.dirname, TEMP_LIMIT: '1GB' })
    expect(maintenanceSessionOptions(lake)).toEqual({ ...sessionOptions(lake), threads: 1 })
  })
})
