import { app } from '@azure/functions'

import { runMaintenance } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'
import { requireSuccess } from '../shared/pipeline/step/index.js'
import { settingReference } from '../shared/sources/trigger/index.js'

app.timer('maintenance', {
  schedule: settingReference('MAINTENANCE_SCHEDULE', process.env),
  async handler() {
    const lake = await processLake()
    const reports = await runMaintenance(lake, 'timer')
    // A monitor that does not run delivers no alert of that.
    const { watchAlerts } = await import('../shared/alerts/index.js')
    await watchAlerts(lake)
    return requireSuccess(reports)
  },
})
