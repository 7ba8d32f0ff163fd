import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/lake/processLake.js'
import { requireSuccess } from '../shared/pipeline/step/requireSuccess.js'
import { runGold } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

app.timer('gold', {
  schedule: settingReference('GOLD_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await runGold(await processLake(), 'timer'))
  },
})
