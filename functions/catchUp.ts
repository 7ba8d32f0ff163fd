import { app } from '@azure/functions'
import { processLake } from '../shared/pipeline/processLake.js'
import { requireSuccess } from '../shared/pipeline/requireSuccess.js'
import { catchUp } from '../shared/pipeline/steps.js'
import { settingReference } from '../shared/sources/trigger/settingReference.js'

/** Covers what the trigger left behind: a batch it passed over, or a listener that went silent. */
app.timer('catchUp', {
  schedule: settingReference('CATCH_UP_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await catchUp(await processLake(), 'timer'))
  },
})
