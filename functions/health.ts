import { app } from '@azure/functions'

import { streams } from '../shared/streams/index.js'

/** Says that the app is loaded, and what it serves; touches nothing else, so that a probe costs nothing. */
app.http('health', {
  route: 'health',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => ({ jsonBody: { status: 'ok', streams: streams.map(stream => stream.name) } }),
})
