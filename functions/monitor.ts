import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/processLake.js'
import { runMonitor } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

app.timer('monitor', {
  schedule: settingReference('MONITOR_SCHEDULE', process.env),
  async handler() {
    return runMonitor(await processLake())
  },
})
