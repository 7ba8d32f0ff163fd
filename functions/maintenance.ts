import { app } from '@azure/functions'

import { runMaintenance } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

app.timer('maintenance', {
  schedule: settingReference('MAINTENANCE_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runMaintenance(await processLake(), 'timer'))
  },
})
