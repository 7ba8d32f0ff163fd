import { type Html, html, type Part } from '../html.js'

/** What a reader of the screen is told that a table is: the id of its heading, or a name. */
export type TableName = { readonly heading: string } | { readonly label: string }

/** The heading of a column. */
export const column = (text: Part): Html => html`<th scope="col">${text}</th>`

/** The heading of a column of numbers. */
export const numberColumn = (text: Part): Html => html`<th scope="col" class="num">${text}</th>`

/** The heading of the column that takes the room that is left. */
export const wideColumn = (text: Part): Html => html`<th scope="col" class="grow">${text}</th>`

/** A table that scrolls by itself where the page is narrower. */
export function dataTable(name: TableName, columns: readonly Html[], rows: readonly Html[]): Html {
  const named = 'heading' in name ? html`aria-labelledby="${name.heading}"` : html`aria-label="${name.label}"`
  return html`<div class="wide" tabindex="0" role="region" ${named}>
    <table>
      <thead>
        <tr>
          ${columns}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

/** A name that a narrow column breaks between its parts. */
export function breakableName(name: string): Html {
  const parts = name.split(/(?<=[._])/)
  return html`${parts.map((part, i) => (i === 0 ? part : html`<wbr />${part}`))}`
}
