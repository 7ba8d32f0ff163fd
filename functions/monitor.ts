import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/lake/processLake.js'
import { requireSuccess } from '../shared/pipeline/step/requireSuccess.js'
import { runMonitor } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

app.timer('monitor', {
  schedule: settingReference('MONITOR_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runMonitor(await processLake(), 'timer'))
  },
})
