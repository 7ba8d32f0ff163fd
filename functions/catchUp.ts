import { app } from '@azure/functions'

import { catchUp } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

/**
 * Covers what the trigger left behind: a batch it passed over, or a listener that went silent. Partitions that somebody
 * moves are left to whoever moves them, and a long way is gone in pieces that end well before the function's time-out.
 */
app.timer('catchUp', {
  schedule: settingReference('CATCH_UP_SCHEDULE', process.env),
  async handler() {
    return requireSuccess(await catchUp(await processLake(), 'timer', { stalledForMs: 60_000, budgetMs: 600_000 }))
  },
})
