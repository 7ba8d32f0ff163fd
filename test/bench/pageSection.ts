import { readFile, writeFile } from 'node:fs/promises'

/**
 * A page with the text between the markers of a section replaced. The same text again leaves the page as it is. Pure.
 *
 * ```ts
 * withSection('<!-- peers -->\nold\n<!-- /peers -->', 'peers', 'new') // '<!-- peers -->\n\nnew\n\n<!-- /peers -->'
 * ```
 * @throws Error when the page has not both markers once, in their order
 */
export function withSection(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const parts = page.split(start)
  const [before, rest] = parts
  const after = rest?.split(end)
  if (parts.length !== 2 || after?.length !== 2)
    throw new Error(`The page needs the markers ${start} and ${end} once, in this order.`)
  return `${before ?? ''}${start}\n\n${text.trim()}\n\n${end}${after[1] ?? ''}`
}

/** Writes the section of a page's file. @throws Error as {@link withSection} */
export async function writeSection(file: string, name: string, text: string): Promise<void> {
  const page = await readFile(file, 'utf8')
  await writeFile(file, withSection(page, name, text))
}
