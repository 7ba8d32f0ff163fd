import { app } from '@azure/functions'

import { runPipeline } from '../shared/pipeline/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'

/** 200 when every step did its work, 207 when some failed, 500 when all did. */
app.http('pipeline', {
  route: 'pipeline/run',
  methods: ['POST'],
  authLevel: 'function',
  async handler() {
    const report = await runPipeline(await processLake(), 'http')
    const allFailed = report.steps.every(step => step.outcome === 'failed')
    return { status: report.ok ? 200 : allFailed ? 500 : 207, jsonBody: report }
  },
})
