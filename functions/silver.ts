import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/processLake.js'
import { runSilver } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

app.timer('silver', {
  schedule: settingReference('SILVER_SCHEDULE', process.env),
  async handler() {
    return runSilver(await processLake())
  },
})
