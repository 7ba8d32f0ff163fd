import { document } from './document.js'
import { type Html, html } from './html.js'
import { pageHeaders } from './securityHeaders.js'

/** What is answered to a request. */
export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A page of one sentence. */
export function message(status: number, title: string, text: string): PageAnswer {
  return sentence(status, title, html`<p>${text}</p>`)
}

/** A page of one section, with the way back. */
export function sentence(status: number, title: string, content: Html): PageAnswer {
  const main = html`<section>
    <h2>${title}</h2>
    ${content}
    <p><a href="../lake">To the page</a></p>
  </section>`
  return page(status, document(title, html`<header><h1>Lake</h1></header>`, main))
}

/** A page as it is, under the headers of every page. */
export function page(status: number, body: string): PageAnswer {
  return { status, headers: pageHeaders, body }
}
