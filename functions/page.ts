import { app } from '@azure/functions'

import { processLake } from '../shared/pipeline/lake/index.js'

/** The lake's page: one document. What draws it is loaded by the first visit. */
app.http('page', {
  route: 'lake',
  methods: ['GET'],
  authLevel: 'function',
  async handler({ query }) {
    const [{ lakePage }, lake] = await Promise.all([import('../shared/page/index.js'), processLake()])
    return lakePage(lake, query)
  },
})
