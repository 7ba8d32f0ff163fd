import { expect, test } from 'vitest'

import { withSection } from './pageSection.js'

const page = '# Page\n\n<!-- a -->\nold\n<!-- /a -->\n\nbetween\n\n<!-- ab -->\n<!-- /ab -->\nend\n'

test('only what is between the markers is replaced', () => {
  expect(withSection(page, 'a', 'new $& $1')).toBe(page.replace('\nold\n', () => '\n\nnew $& $1\n\n'))
  expect(withSection(page, 'ab', 'x')).toContain('between\n\n<!-- ab -->\n\nx\n\n<!-- /ab -->\nend\n')
})

test('the same text again leaves the page as it is', () => {
  const once = withSection(page, 'a', '\ntext\n')
  expect(withSection(once, 'a', 'text\n')).toBe(once)
})

test.each(['no markers', '<!-- a -->', '<!-- /a --> <!-- a -->', '<!-- a --><!-- /a --><!-- a --><!-- /a -->'])(
  'a page without both markers once, in their order, is refused: %s',
  text => {
    expect(() => withSection(text, 'a', 'x')).toThrow('markers <!-- a --> and <!-- /a -->')
  },
)
