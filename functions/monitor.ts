import { app } from '@azure/functions'

import { runMonitor } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

app.timer('monitor', {
  schedule: settingReference('MONITOR_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runMonitor(await processLake(), 'timer'))
  },
})
