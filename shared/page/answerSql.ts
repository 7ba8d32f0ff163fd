import type { Lake } from '../pipeline/lake/index.js'
import { refusal, type Sender } from './access/index.js'
import { message, type PageAnswer, sentence } from './pageAnswer.js'
import { answerSection } from './sections/index.js'

/** Longest query, characters. */
export const longestSql = 10_000

/** What a query of the page may use up: as much as a person waits for, and no more than a function can spare. */
const sqlLimits = {
  timeMs: 15_000,
  memoryBytes: 256 * 2 ** 20,
  fetchedBytes: 512 * 2 ** 20,
  rows: 500,
  characters: 2_000,
}

/** Answers one SELECT sent by the page, within limits; a page of its own for browsers without scripts. */
export async function answerSql(lake: Lake, sender: Sender, form: URLSearchParams): Promise<PageAnswer> {
  const refused = refusal(sender, true)
  if (refused !== undefined) return message(refused.status, 'The query is not answered', refused.sentence)
  if (lake.settings.pageSql !== 'on')
    return message(
      403,
      'The query is not answered',
      'Queries are not answered here: PAGE_SQL is off. Use npx lake sql.',
    )
  const sql = form.get('sql') ?? ''
  if (sql.length > longestSql)
    return message(413, 'The query is not answered', `It is longer than ${String(longestSql)} characters.`)
  const { restrictedQuery } = await import('../query/restricted/index.js')
  const { streams, settings } = lake
  const asked = { streams, table: (path: string) => lake.table(path), temporaryFolder: settings.tempFolder }
  const began = lake.clock.monotonic()
  const answer = await restrictedQuery(asked, sql, sqlLimits)
  return sentence(answer.kind === 'rows' ? 200 : 400, 'SQL', answerSection(sql, answer, lake.clock.monotonic() - began))
}
