import { terminalText } from '../telemetry/index.js'

/** Markup that is safe to put into a document as it stands. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: markup as it is, everything else as text. */
export type Part = Html | string | number | bigint | undefined | null | readonly Part[]

/**
 * A template of markup. What is put in is text and is escaped, unless it is markup itself; `undefined` is nothing, a list
 * is its items.
 *
 * @example
 * html`<td title="${name}">${cells}</td>`
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? ''
  parts.forEach((part, i) => {
    text += markup(part) + (strings[i + 1] ?? '')
  })
  return new Html(text)
}

function markup(part: Part): string {
  if (part instanceof Html) return part.text
  if (part === undefined || part === null) return ''
  if (typeof part === 'object') return part.map(markup).join('')
  return escaped(typeof part === 'string' ? part : String(part))
}

/** Characters of a text that a page shows at most, unless it says otherwise. */
const longest = 2_000

/**
 * Text of anybody as text of a page: special characters escaped, control characters and marks of writing direction shown
 * as escapes, what is too long cut.
 */
function escaped(text: string): string {
  return uncut(text.length > longest ? `${text.slice(0, longest)}…` : text)
}

/** Text that is not cut, however long: of the page's own making. */
export function wholeText(text: string): Html {
  return new Html(uncut(text))
}

function uncut(text: string): string {
  return terminalText(text).replace(/[&<>"'`]/g, character => `&#${String(character.charCodeAt(0))};`)
}
