import { app, type HttpRequest } from '@azure/functions'

import { accessLevel, type Sender } from '../shared/page/access/index.js'
import { processLake } from '../shared/pipeline/lake/index.js'

const authLevel = accessLevel(process.env)

// What draws the page is loaded by the first visit.
const page = async () => [await import('../shared/page/index.js'), await processLake()] as const

const sender = ({ headers, url }: HttpRequest): Sender => ({
  level: authLevel,
  header: name => headers.get(name) ?? undefined,
  url,
})

const form = async (request: HttpRequest) => new URLSearchParams(await request.text())

/** The lake's page: one document. */
app.http('page', {
  route: 'lake',
  methods: ['GET'],
  authLevel,
  async handler(request) {
    const [{ lakePage }, lake] = await page()
    return lakePage(lake, sender(request), request.query)
  },
})

/** A query of the page: one SELECT. */
app.http('pageSql', {
  route: 'lake/sql',
  methods: ['POST'],
  authLevel,
  async handler(request) {
    const [{ answerSql }, lake] = await page()
    return answerSql(lake, sender(request), await form(request))
  },
})

/** A task of the job, run again from the page. */
app.http('pageRun', {
  route: 'lake/run',
  methods: ['POST'],
  authLevel,
  async handler(request) {
    const [{ runTaskNow }, lake] = await page()
    return runTaskNow(lake, sender(request), await form(request))
  },
})
