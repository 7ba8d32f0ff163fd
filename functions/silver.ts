import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/lake/processLake.js'
import { requireSuccess } from '../shared/pipeline/step/requireSuccess.js'
import { runSilver } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

app.timer('silver', {
  schedule: settingReference('SILVER_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runSilver(await processLake(), 'timer'))
  },
})
