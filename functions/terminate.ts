import { app } from '@azure/functions'

import { closeProcessLake } from '../shared/pipeline/lake/index.js'

/** Lets the runs that are not recorded yet be written, and connections end. */
app.hook.appTerminate(() => closeProcessLake())
