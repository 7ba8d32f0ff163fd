import { app } from '@azure/functions'

import { runMonitor } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

app.timer('monitor', {
  schedule: settingReference('MONITOR_SCHEDULE', process.env),
  async handler() {
    const lake = await processLake()
    const reports = await runMonitor(lake, 'timer')
    const { watchAlerts } = await import('../shared/alerts/index.js')
    await watchAlerts(lake)
    return requireSuccess(reports)
  },
})
