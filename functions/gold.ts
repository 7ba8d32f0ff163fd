import { app } from '@azure/functions'

import { runGold } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { cadenceReference } from '../shared/sources/trigger/index.js'

app.timer('gold', {
  schedule: cadenceReference('GOLD_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runGold(await processLake(), 'timer'))
  },
})
