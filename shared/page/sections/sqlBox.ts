import { type Html, html } from '../html.js'
import { actionOf } from '../links.js'
import type { PageData } from '../pageData.js'

/** Where one asks the tables themselves; a command to copy where the page may not. */
export function sqlSection(data: PageData): Html {
  const sql =
    data.request.sql ?? 'SELECT event_type, count(*) AS events, avg(value) AS mean FROM silver.events GROUP BY ALL'
  const body = data.settings.hasSql
    ? html`<form method="post" action="${actionOf(data, 'lake/sql')}" id="query">
          <label for="statement">One SELECT over the lake's tables, <kbd>Ctrl</kbd>+<kbd>Enter</kbd> runs it</label
          ><textarea id="statement" name="sql" rows="4" spellcheck="false" required>${sql}</textarea
          ><button>Run</button>
        </form>
        <div id="answer" aria-live="polite"></div>`
    : html`<p class="dim">Queries are not answered here: <code>PAGE_SQL</code> is off. In a terminal:</p>
        <pre>npx lake sql "${sql.replaceAll('"', '\\"')}"</pre>`
  return html`<section aria-labelledby="sql">
    <h2 id="sql">SQL</h2>
    ${body}
  </section>`
}
