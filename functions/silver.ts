import { app } from '@azure/functions'

import { runSilver } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { cadenceReference } from '../shared/sources/trigger/index.js'

app.timer('silver', {
  schedule: cadenceReference('SILVER_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runSilver(await processLake(), 'timer'))
  },
})
