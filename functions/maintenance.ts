import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/lake/processLake.js'
import { requireSuccess } from '../shared/pipeline/step/requireSuccess.js'
import { runMaintenance } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

app.timer('maintenance', {
  schedule: settingReference('MAINTENANCE_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runMaintenance(await processLake(), 'timer'))
  },
})
