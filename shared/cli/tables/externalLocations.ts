import type { OptionSpec } from '../arguments/index.js'

/** What commands take that follow paths in a table's log. */
export const externalLocationOptions: Readonly<Record<string, OptionSpec>> = {
  'external-location': {
    value: 'URL',
    repeats: true,
    about:
      "a folder, container or account outside the table that its log may lead to; without one nothing but the table's own storage account is followed",
  },
}
