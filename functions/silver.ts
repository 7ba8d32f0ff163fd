import { app } from '@azure/functions'

import { runSilver } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

app.timer('silver', {
  schedule: settingReference('SILVER_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runSilver(await processLake(), 'timer'))
  },
})
